/*
 * `${NAME}` and `${NAME:-default}` in a string value become the environment variable of that name, `${file:PATH}` what the
 * file holds.
 *
 * The default stands in for a variable that is not set or empty, as in a shell. `$${` writes a literal `${`. What came
 * out of a variable or a file is not expanded again, so that its content can never name another one.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export type Expansion =
  | { readonly ok: true; readonly text: string; readonly expanded: boolean }
  | { readonly ok: false; readonly say: string; readonly suggestion: string; readonly missing?: true };

/** What a file holds, or why it cannot be said. */
export type SecretFiles = (
  path: string,
) => { readonly text: string } | { readonly say: string; readonly suggestion: string };

const FILE = /^file:(.+)$/s;
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}/g;
/** `env:NAME` is how several editors write it in their `mcpServers` files. */
const INSIDE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** @param files Absent where a file may name no other file. */
export function expandText(text: string, env: Environment, files?: SecretFiles): Expansion {
  if (!text.includes('${')) return { ok: true, text, expanded: false };
  // Unclosed, or with braces inside: were it left as it is, it would look expanded and be wrong.
  if (text.replace(REFERENCE, ' ').includes('${')) return notAReference();
  let fault: Expansion | undefined;
  const result = text.replace(REFERENCE, (whole: string, inside: string | undefined) => {
    if (inside === undefined) return whole.slice(1);
    const value = referred(inside, env, files);
    if (typeof value === 'string') return value;
    fault ??= value;
    return '';
  });
  return fault ?? { ok: true, text: result, expanded: true };
}

function referred(inside: string, env: Environment, files: SecretFiles | undefined): string | Expansion {
  const [, path] = FILE.exec(inside) ?? [];
  if (path === undefined || files === undefined) return variableOf(inside, env);
  const read = files(path);
  return 'text' in read ? read.text : { ok: false, ...read };
}

function variableOf(inside: string, env: Environment): string | Expansion {
  const [, name, otherwise] = INSIDE.exec(inside) ?? [];
  if (name === undefined) return notAReference();
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (otherwise !== undefined) return value === undefined || value === '' ? otherwise : value;
  return value ?? notSet(name);
}

function notSet(name: string): Expansion {
  return {
    ok: false,
    missing: true,
    say: `The environment variable ${name} is not set.`,
    suggestion: `Set it, or write \${${name}:-default}.`,
  };
}

/** The text between the braces is not quoted: it may be anything. */
function notAReference(): Expansion {
  return {
    ok: false,
    say: `A "\${…}" here does not hold the name of an environment variable.`,
    suggestion: `Write \${NAME}, \${NAME:-default} or \${file:PATH}, or $\${ for a literal "\${".`,
  };
}
