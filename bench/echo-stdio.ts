/*
 * The scripted MCP server over stdio: one JSON message per line in, one out. The era is its only argument.
 */
import { answerTo, type Era } from './echo-answers.ts';

const era: Era = process.argv[2] === 'modern' ? 'modern' : 'legacy';
let pending = '';

function respond(line: string): void {
  if (line.trim() === '') return;
  const answer = answerTo(line, era);
  if (!answer) return;
  process.stdout.write(
    answer.tail.length > 0 ? `${answer.lead}${answer.tail.toString('latin1')}\n` : `${answer.lead}\n`,
    'latin1',
  );
}

function receive(chunk: Buffer): void {
  const lines = (pending + chunk.toString('latin1')).split('\n');
  pending = lines.pop() ?? '';
  lines.forEach(respond);
}

process.stdin.on('data', receive);
process.stdin.on('end', () => process.exit(0));
