/*
 * A question about a call as the admin API takes it, and the reader of all questions reads it (model/explain-question.ts). It
 * is asked within the actor's organisation and by the name of a principal alone: whoever may ask why is no oracle for tokens.
 */
import { z } from 'zod';
import type { FieldFault } from '../../../model/admin-errors.ts';
import { readQuestion } from '../../../model/explain-question.ts';
import type { ExplainQuestion } from '../../../model/explanation.ts';
import type { Actor } from '../../actor.ts';

const text = (max: number) => z.string().min(1).max(max);

export const questionInput = z
  .strictObject({
    as: text(1_300).describe('The id of a principal: `user:{name}`, `key:{id}`, `token:{name}`, `{issuer}|{subject}`.'),
    tool: text(1_024)
      .optional()
      .describe('As clients of the endpoint call it, or `server.tool`. One of the three is asked about.'),
    prompt: text(1_024).optional(),
    resource: text(8_192).optional(),
    endpoint: z.string().max(64).optional().describe('Where the call comes in. Default: /mcp.'),
    arguments: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Those of the call, for conditions that look at them.'),
    claims: z.record(z.string(), z.unknown()).optional().describe('What a token of the principal would claim.'),
    request: z
      .strictObject({
        address: z.string().max(64).optional(),
        headers: z.record(z.string(), z.string()).optional(),
        door: z.string().max(32).optional(),
        revision: z.string().max(32).optional(),
        time: z.string().max(64).optional().describe('RFC 3339. Default: now.'),
      })
      .optional()
      .describe('About the request, for conditions that look at it.'),
  })
  .describe('A call that somebody would make.');
export type QuestionInput = z.infer<typeof questionInput>;

/** Fields of a question that hold what the call of a tool would. */
export const CARRIES = ['arguments', 'claims', 'request.headers'];

export type ReadQuestions =
  | { readonly questions: readonly ExplainQuestion[] }
  | { readonly faults: readonly FieldFault[] };

export function questionsOf(actor: Actor, asked: readonly QuestionInput[], field: string): ReadQuestions {
  const read = asked.map((each) => readQuestion(each));
  const faults = read.flatMap((each, at) => ('wrong' in each ? [{ field: `${field}.${at}`, say: each.wrong }] : []));
  if (faults.length > 0) return { faults };
  const questions = read.flatMap((each, at) =>
    'question' in each ? [within(actor, each.question, asked[at]?.as ?? '')] : [],
  );
  return { questions };
}

/** `default` is the name of `/mcp` in rules. */
function within({ organisation }: Actor, question: ExplainQuestion, name: string): ExplainQuestion {
  const endpoint = question.endpoint === 'default' ? '' : question.endpoint;
  return { ...question, endpoint, as: { name, organisation } };
}
