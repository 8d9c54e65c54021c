/*
 * What is wrong with a configuration file, said so that a person can put it right: file, line, column, field, words,
 * and where possible the repair. Warnings have the same shape.
 *
 * No message may carry a secret. The words here and in the schema never quote values of secret fields; `maskSecrets` is
 * the second lock, for what a future message might quote by accident.
 */

/** Keys and list positions from the root of the file to a field. */
export type Path = readonly (string | number)[];

export interface Place {
  /** From 1; 0 when the fault is not inside the file (a flag, an environment variable, the file itself). */
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly file: string;
  /** `servers.fs.command`, `auth.tokens[0].token`; '' for the file as a whole. */
  readonly field: string;
  readonly say: string;
  readonly suggestion?: string;
}

/** A fault found inside the tree; its place is looked up by its path when it has none of its own. */
export interface Fault {
  readonly place?: Place;
  readonly path: Path;
  readonly say: string;
  readonly suggestion?: string | undefined;
}

export type Report = (fault: Fault) => void;

/** Keys that are not plain words are quoted, so that `a.b` cannot be read as two keys. */
export function fieldText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z0-9_-]{1,64}$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(shortened(step))}]`;
  }
  return text;
}

/** A key is shown in messages; one that long is not a key but something pasted by accident, perhaps a secret. */
export function shortened(key: string): string {
  return key.length <= 64 ? key : `${key.slice(0, 8)}… (${key.length} characters)`;
}

/** One line: `gatewright.yaml:3:5 servers.fs.comand: Unknown field. Did you mean "command"?` */
export function problemLine(problem: Problem): string {
  const at = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  const field = problem.field === '' ? '' : ` ${problem.field}`;
  const suggestion = problem.suggestion === undefined ? '' : ` ${problem.suggestion}`;
  return `${at}${field}: ${problem.say}${suggestion}`;
}

/** Without an undefined `suggestion`, so that problems compare and print cleanly. */
export function placed(file: string, fault: Place & Omit<Fault, 'path'>): Omit<Problem, 'field'> {
  const { line, column, say, suggestion } = fault;
  return suggestion === undefined ? { file, line, column, say } : { file, line, column, say, suggestion };
}

export const MASK = '***';

/** Shorter values are words like `true` or `1` that a sentence may contain by chance. */
const SECRET_LENGTH_MIN = 8;

export function maskSecrets(problem: Problem, secrets: readonly string[]): Problem {
  const { suggestion, ...rest } = problem;
  const masked = { ...rest, say: withoutSecrets(problem.say, secrets), field: withoutSecrets(problem.field, secrets) };
  return suggestion === undefined ? masked : { ...masked, suggestion: withoutSecrets(suggestion, secrets) };
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) {
    if (secret.length >= SECRET_LENGTH_MIN) result = result.replaceAll(secret, MASK);
  }
  return result;
}
