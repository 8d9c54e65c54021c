/*
 * A route's example as a request: its placeholders filled in, its address made, and, where it changes something that has a
 * version, the version read first.
 */
import type { AdminRoute, Example } from '../../src/control/admin/route.ts';
import { type Anything, askOver, type Sent, type Told } from '../rig/desk-answer.ts';

/** What a placeholder stands for; throws for one that there is not. */
export type Fill = (placeholder: string) => Promise<string>;

export interface Request {
  /** `PATCH /api/v1/servers/srv_1?organisation=acme` */
  readonly what: string;
  readonly body: unknown;
}

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/** Each placeholder is filled once for a request: what stands twice is the same thing. */
export async function requestOf({ method, path, example }: AdminRoute, fill: Fill): Promise<Request> {
  const known = new Map<string, string>();
  const filled = async (text: string): Promise<string> => {
    for (const [, name = ''] of text.matchAll(PLACEHOLDER)) if (!known.has(name)) known.set(name, await fill(name));
    return text.replaceAll(PLACEHOLDER, (_, name: string) => known.get(name) ?? '');
  };
  const { params = {}, query = {}, body } = example;
  let target = path;
  for (const [name, value] of Object.entries(params)) target = target.replace(`{${name}}`, await filled(value));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) asked.append(name, await filled(String(value)));
  const search = asked.size === 0 ? '' : `?${asked}`;
  return { what: `${method} ${target}${search}`, body: await everywhere(body, filled) };
}

async function everywhere(value: Example['body'], filled: (text: string) => Promise<string>): Promise<unknown> {
  if (typeof value === 'string') return filled(value);
  if (Array.isArray(value)) return Promise.all(value.map((each) => everywhere(each, filled)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([name, each]) => [name, await everywhere(each, filled)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

export interface Asking {
  readonly base: string;
  /** Whose request it is. */
  readonly token: string;
  /** Who may read what is changed, to learn its version; undefined for the same. */
  readonly reader?: string;
  readonly headers?: Sent['headers'];
}

/** Sends it, with the version that is there now where one is asked for. */
export async function send(route: AdminRoute, { what, body }: Request, asking: Asking): Promise<Told<Anything>> {
  const { base, token, reader = token, headers = {} } = asking;
  const sent = { ...(body === undefined ? {} : { body }), headers };
  if (!route.ifMatch) return askOver(base, token, what, sent);
  const ifMatch = await versionAt(base, reader, what);
  return askOver(base, token, what, { ...sent, ifMatch });
}

/** An action below an object (`…/{id}/enable`) is of the version of the object. */
async function versionAt(base: string, token: string, what: string): Promise<number> {
  const [, target = ''] = what.split(' ');
  const [path = '', query] = target.split('?');
  for (let at = path; at.split('/').length > 3; at = at.slice(0, at.lastIndexOf('/'))) {
    const told = await askOver(base, token, `GET ${at}${query === undefined ? '' : `?${query}`}`);
    const tag = told.headers.get('etag');
    if (told.status === 200 && tag !== null) return Number(tag.replaceAll('"', ''));
  }
  return 1;
}
