/*
 * Where an issuer keeps its keys and answers questions about tokens, found by its name alone.
 *
 * Two standards name two places each, and for an issuer whose URL has a path they differ; the first place that has a
 * document of this very issuer counts. A document that calls itself otherwise, by as little as a slash, is of somebody else
 * (RFC 8414 §3.3, OpenID Connect Discovery §4.3).
 */
import { type Ask, askForObject } from './issuer-answers.ts';

export interface IssuerPlaces {
  readonly jwksUri: string | undefined;
  readonly introspectionUrl: string | undefined;
}

/** A key may move with the document that names it, but no provider moves it by the minute. */
const KEPT_MS = 3_600_000;
/** After a look that found nothing; shorter than the first wait of `pace.ts`, which has its own reasons to come back. */
const FAILED_MS = 4_000;

export class Discovery {
  readonly #issuer: string;
  readonly #ask: Ask;
  readonly #clock: () => number;
  #known: { readonly places: IssuerPlaces; readonly sinceMs: number } | undefined;
  #looking: Promise<IssuerPlaces> | undefined;
  #failed: { readonly error: unknown; readonly sinceMs: number } | undefined;

  constructor(issuer: string, ask: Ask, clock: () => number) {
    this.#issuer = issuer;
    this.#ask = ask;
    this.#clock = clock;
  }

  /** Rejects when no place has a document of this issuer. */
  async places(): Promise<IssuerPlaces> {
    const nowMs = this.#clock();
    if (this.#known && nowMs - this.#known.sinceMs <= KEPT_MS) return this.#known.places;
    if (this.#failed && nowMs - this.#failed.sinceMs < FAILED_MS) throw this.#failed.error;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Something that it names is not there: look again before the next use. */
  forget(): void {
    this.#known = undefined;
  }

  async #look(): Promise<IssuerPlaces> {
    const failures: unknown[] = [];
    for (const url of documentUrls(this.#issuer)) {
      try {
        const question = { url, named: [this.#issuer], limit: 'issuerAnswerBytesMax' } as const;
        const places = placesIn(await askForObject(this.#ask, question), this.#issuer);
        this.#known = { places, sinceMs: this.#clock() };
        return places;
      } catch (error) {
        failures.push(error);
      }
    }
    const why = failures.map(wordOf).join('; ');
    const error = new AggregateError(failures, `no metadata of the issuer ${this.#issuer} found: ${why}`);
    this.#failed = { error, sinceMs: this.#clock() };
    throw error;
  }
}

function wordOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** In the order of how common they are. Throws for what is no URL. */
export function documentUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, '');
  const forms = [
    `${path}/.well-known/openid-configuration`,
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/oauth-authorization-server`,
  ];
  return [...new Set(forms)].map((form) => origin + form);
}

/** Throws when the document is not of this issuer. */
function placesIn(document: Readonly<Record<string, unknown>>, issuer: string): IssuerPlaces {
  if (document.issuer !== issuer) throw new Error(`it calls itself ${JSON.stringify(document.issuer)?.slice(0, 200)}`);
  return { jwksUri: textOf(document.jwks_uri), introspectionUrl: textOf(document.introspection_endpoint) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
