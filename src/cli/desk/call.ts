/*
 * `gatewright call TOOL …`: finds the tool, makes its arguments, calls it, shows what happens meanwhile and what comes
 * back. A call from here is a call like any other: it goes through the gateway's pipeline as the local user's.
 */
import { objectAt, textAt } from '../../client/json.ts';
import { callHeaders } from '../../client/param-headers.ts';
import { jsonTextLine } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { callInput } from './call-input.ts';
import type { Desk } from './desk.ts';
import { conversationWith, findEntry, type Listed, splitName } from './entries.ts';
import { type Reached, reach } from './reach.ts';
import { showToolResult } from './show-result.ts';
import { watched } from './watch.ts';

export async function call(desk: Desk): Promise<number> {
  const [word = ''] = desk.run.operands;
  const reached = await reach(desk, (names) => {
    const { server } = splitName(word, names);
    return server === undefined ? names : [server];
  });
  try {
    const tool = await findEntry(reached, 'tools', word, desk.signal);
    return await callTool(desk, reached, tool);
  } finally {
    await reached.close();
  }
}

async function callTool(desk: Desk, reached: Reached, { server, key, entry }: Listed): Promise<number> {
  const { run, json, io } = desk;
  const input = await callInput(run.operands.slice(1), entry.inputSchema, io);
  const request = {
    method: 'tools/call',
    params: { name: JSON.stringify(key), arguments: input.text },
    mirrored: callHeaders(key, objectAt(entry, 'inputSchema'), input.value),
  };
  const result = await watched(desk, `${server.name}.${key}`, server, (hooks) =>
    conversationWith(reached, server).ask(request, hooks),
  );
  if (json) io.out(jsonTextLine(result.text));
  else await showToolResult(desk, result.value);
  if (result.value.isError !== true) return EXIT.ok.code;
  return isOurs(result.value) ? EXIT.failed.code : EXIT.tool.code;
}

/** The gateway says so when a call failed on the way, and not in the tool. */
function isOurs(result: object): boolean {
  return textAt(objectAt(objectAt(result, '_meta'), 'io.gatewright/error'), 'name') !== undefined;
}
