/*
 * An explanation for people: the sentence, who it is about, and the way to it, one line for each step.
 *
 *   Yes: token:ann may call the tool fs__read at /mcp, by roles.user.
 *
 *       who      token:ann, by a static token of the configuration
 *                organisation default; roles user
 *       refusal  the endpoint has it, no tool filter keeps it out, and the credential is for it
 *       policy   no policy is about it
 *     > grant    roles.user: grants it
 */
import type { ExplainStep, Explanation, ToldPrincipal } from '../../model/explanation.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';

const SIGNS: Readonly<Record<ExplainStep['mark'], string>> = { told: ' ', passes: ' ', decides: '>', open: '?' };
const WIDTH = 10;

export function showExplanation({ say, principal, scopes, steps }: Explanation, io: CliIo): void {
  io.out(`${plain(say)}\n`);
  if (scopes) io.out(`${plain(`A token with these scopes would do: ${scopes.join(' ')}`)}\n`);
  if (steps.length > 0) io.out('\n');
  let before = '';
  for (const step of steps) {
    const about = step.about === before ? '' : step.about;
    before = step.about;
    line(io, SIGNS[step.mark], about, step.rule === '' ? step.say : `${step.rule}: ${step.say}`);
    if (step.about === 'who' && principal) line(io, ' ', '', rightsOf(principal));
  }
}

function line(io: CliIo, sign: string, about: string, text: string): void {
  io.out(`  ${sign} ${about.padEnd(WIDTH)}${plain(text)}\n`);
}

function rightsOf({ organisation, user, roles, groups, scopes, grants }: ToldPrincipal): string {
  const lists = Object.entries({ roles, groups, scopes }).filter(([, names]) => names.length > 0);
  return [
    `organisation ${organisation}`,
    ...(user === undefined ? [] : [`user ${user}`]),
    ...lists.map(([what, names]) => `${what} ${names.join(', ')}`),
    ...(grants === 'all' ? ['grants all'] : []),
  ].join('; ');
}
