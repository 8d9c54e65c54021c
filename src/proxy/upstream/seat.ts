/*
 * A server's place in the catalogue. When it is left, because the server was removed or another one has its name, nothing
 * that the old one still says counts, and it hears nothing more.
 */
import type { ServerCatalogue } from '../../model/catalogue.ts';
import type { ListContext } from '../../model/list-context.ts';
import type { CatalogueChange, Catalogues } from './catalogues.ts';
import type { OwnLists, Variants } from './variants.ts';

/** What a server needs of its place. */
export type Seated = Pick<Seat, 'of' | 'put' | 'vary' | 'variants' | 'onChange'>;

export class Seat {
  readonly #catalogues: Catalogues;
  readonly #unlisten = new Set<() => void>();
  #isLeft = false;

  constructor(catalogues: Catalogues) {
    this.#catalogues = catalogues;
  }

  get variants(): Variants {
    return this.#catalogues.variants;
  }

  of(server: string): ServerCatalogue {
    return this.#catalogues.of(server);
  }

  put(server: string, change: Parameters<Catalogues['put']>[1]): void {
    if (!this.#isLeft) this.#catalogues.put(server, change);
  }

  vary(context: ListContext, lists: OwnLists): void {
    if (!this.#isLeft) this.#catalogues.vary(context, lists);
  }

  onChange(listener: (change: CatalogueChange) => void): void {
    if (!this.#isLeft) this.#unlisten.add(this.#catalogues.onChange(listener));
  }

  leave(): void {
    this.#isLeft = true;
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten.clear();
  }
}
