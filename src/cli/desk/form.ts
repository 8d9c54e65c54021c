/*
 * A server's form, put to the person field by field (Client › Elicitation › Form mode): text, numbers, yes or no, choices.
 *
 * The person sees which server asks, and says at the end whether the answers go out: yes, no (decline), or cancel. The end
 * of the input is a cancel. Nothing the server wrote reaches the terminal as anything but text.
 */
import type { Question, QuestionAnswer } from '../../client/conversation.ts';
import { isObject, listAt, textAt } from '../../client/json.ts';
import type { CliIo } from '../io.ts';
import { plain, plainText } from '../terminal.ts';
import { itemsOf, propertiesOf, requiredOf, type Schema, typesOf, wholeSchema } from './schema.ts';
import { typedValue, wanted } from './typed-value.ts';

export interface Person {
  readonly io: CliIo;
  /** Who asks. */
  readonly server: string;
  /** Undefined at the end of the input. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export async function askForm(person: Person, { message, requestedSchema }: Question): Promise<QuestionAnswer> {
  const schema = wholeSchema(requestedSchema);
  person.io.err(`\nThe server ${plain(person.server)} asks:\n${plainText(message)}\n`);
  const content: Record<string, unknown> = Object.create(null);
  for (const [name, own] of propertiesOf(schema)) {
    const field = { name, schema: { own, whole: schema.whole }, isRequired: requiredOf(schema).includes(name) };
    const given = await askField(person, field);
    if (given === 'over') return { action: 'cancel' };
    if (given !== 'skipped') content[name] = given.value;
  }
  return confirm(person, content);
}

async function confirm(person: Person, content: Record<string, unknown>): Promise<QuestionAnswer> {
  const said = await person.ask(`Send this to ${plain(person.server)}? [y]es, [n]o, [c]ancel: `);
  switch (said?.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return { action: 'accept', content };
    case 'n':
    case 'no':
      return { action: 'decline' };
    case 'c':
    case 'cancel':
    case undefined:
      return { action: 'cancel' };
    default:
      return confirm(person, content);
  }
}

interface Field {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** Asks until the answer fits. */
async function askField(person: Person, field: Field): Promise<{ readonly value: unknown } | 'skipped' | 'over'> {
  const { schema, isRequired } = field;
  const choices = choicesFor(schema);
  for (const [at, choice] of choices.entries()) person.io.err(`  ${at + 1}. ${plain(choice.title)}\n`);
  for (;;) {
    const line = await person.ask(`${prompt(field, choices)}: `);
    if (line === undefined) return 'over';
    if (line === '' && schema.own.default !== undefined) return { value: schema.own.default };
    if (line === '' && !isRequired) return 'skipped';
    const typed = line === '' ? undefined : answerOf(line, schema, choices);
    if (typed?.ok) return { value: typed.value };
    person.io.err(`  ${plain(typed ? `${field.name} ${typed.fault}` : `${field.name} is needed`)}.\n`);
  }
}

function prompt({ name, schema, isRequired }: Field, choices: readonly Choice[]): string {
  const { own } = schema;
  const title = textAt(own, 'title') ?? name;
  const about = textAt(own, 'description');
  const kind = choices.length > 0 ? `1 to ${choices.length}` : wanted([...typesOf(schema)]);
  const preset =
    own.default === undefined
      ? ''
      : ` [${typeof own.default === 'string' ? own.default : JSON.stringify(own.default)}]`;
  return plain(`${title} (${kind}${isRequired ? '' : ', optional'})${preset}${about === undefined ? '' : ` ${about}`}`);
}

interface Choice {
  readonly value: unknown;
  readonly title: string;
}

/** Plain and titled lists of values, for one choice or for several. */
function choicesFor(schema: Schema): readonly Choice[] {
  const { own } = typesOf(schema).has('array') ? itemsOf(schema) : schema;
  const titled = [...listAt(own, 'oneOf'), ...listAt(own, 'anyOf')].filter(isObject);
  if (titled.length > 0)
    return titled.map((each) => ({ value: each.const, title: textAt(each, 'title') ?? String(each.const) }));
  const names = listAt(own, 'enumNames');
  return listAt(own, 'enum').map((value, at) => ({ value, title: String(names[at] ?? value) }));
}

function answerOf(line: string, schema: Schema, choices: readonly Choice[]) {
  if (choices.length === 0) return typedValue(line, schema);
  const isList = typesOf(schema).has('array');
  const words = isList ? line.split(',').map((word) => word.trim()) : [line.trim()];
  const picked = words.map((word) => choices.find((choice, at) => String(at + 1) === word || choice.value === word));
  if (picked.some((choice) => choice === undefined)) {
    return {
      ok: false,
      fault: `must be ${isList ? 'numbers from the list, with commas' : 'a number from the list'}`,
    } as const;
  }
  const values = picked.map((choice) => choice?.value);
  return { ok: true, value: isList ? values : values[0] } as const;
}
