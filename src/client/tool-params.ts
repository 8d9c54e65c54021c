/*
 * What the head of a call says of its arguments (2026-07-28, Streamable HTTP › Request Metadata), for clients on pipes: they
 * need not say it, so it is made here from the schemas of the tools.
 *
 * The schemas are those of the lists that pass on their way to the client. A client that calls before it has asked for a
 * list knows the tool from before; then the list is asked for here, once.
 */
import type { Message } from '../model/message.ts';
import { parsed } from './answer-stream.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts';
import { callHeaders } from './param-headers.ts';

/** Asks for all tools there are. */
export type ListTools = () => Promise<readonly JsonObject[]>;

const MARK = Buffer.from('x-mcp-header');

export class ToolParams {
  readonly #listTools: ListTools;
  readonly #schemas = new Map<string, JsonObject>();
  #hasSeen = false;
  #asking: Promise<void> | undefined;

  constructor(listTools: ListTools) {
    this.#listTools = listTools;
  }

  /** An answer to `tools/list` on its way to the client. */
  saw({ bytes, kind }: Message): void {
    if (kind !== 'result') return;
    this.#hasSeen = true;
    if (bytes.includes(MARK)) this.#learn(listAt(objectAt(parsed(bytes.toString('utf8')), 'result'), 'tools'));
  }

  async headersFor({ bytes }: Message): Promise<Readonly<Record<string, string>>> {
    if (!this.#hasSeen) await this.refresh();
    const params = objectAt(parsed(bytes.toString('utf8')), 'params');
    const name = textAt(params, 'name') ?? '';
    const { 'mcp-name': _, ...found } = callHeaders(name, this.#schemas.get(name) ?? {}, objectAt(params, 'arguments'));
    return found;
  }

  /** Asks anew. That it may fail is noticed where it matters: the call is refused for its head. */
  refresh(): Promise<void> {
    this.#asking ??= this.#listTools()
      .then((tools) => {
        this.#hasSeen = true;
        this.#schemas.clear();
        this.#learn(tools);
      })
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #learn(tools: readonly unknown[]): void {
    for (const tool of tools.filter(isObject)) {
      const name = textAt(tool, 'name');
      if (name !== undefined) this.#schemas.set(name, objectAt(tool, 'inputSchema'));
    }
  }
}
