/*
 * `docs/reference/errors.md`, from the catalogue of errors.
 */
import { ERRORS } from '../../src/model/errors.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `Every way in which a call can fail. *Code* is the gateway's own word; it stands in logs and metrics. *HTTP* is the status
when nothing has been streamed yet, *JSON-RPC* the number in the error object: the numbers of JSON-RPC and MCP where they
have one, and −31xxx for failures of the gateway itself. A \`tools/call\` that fails in a way marked *result* is answered
with a result that has \`isError: true\`, so that a model can read it; the code then stands in its \`_meta\` under
\`io.gatewright/error\`. A method or tool that a caller may not use looks exactly like one that does not exist.`;

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([name, error]) => [
    code(name),
    String(error.http),
    String(error.rpc),
    'isError' in error ? 'result' : '',
    error.say,
  ]);
  return page(
    'Errors',
    code('src/model/errors.ts'),
    INTRO,
    table(['Code', 'HTTP', 'JSON-RPC', 'tools/call', 'Words'], rows),
  );
}
