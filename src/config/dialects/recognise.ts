/*
 * Whose file this is: the dialects in the order in which they are asked. What none of them claims is ours.
 */
import type { MapNode } from '../tree.ts';
import { codex } from './codex.ts';
import { continueFile } from './continue.ts';
import type { Dialect } from './dialect.ts';
import { mcpServers } from './mcp-servers.ts';
import { vscode } from './vscode.ts';
import { zed } from './zed.ts';

const DIALECTS: readonly Dialect[] = [codex, zed, continueFile, vscode, mcpServers];

export function dialectOf(root: MapNode, path: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.fits(root, path));
}
