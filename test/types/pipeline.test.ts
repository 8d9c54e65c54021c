/*
 * The onion as the compiler sees it: a ring that is moved, left out or asks for what nobody learnt does not compile.
 *
 * The real compiler reads small programs beside the real types; the program that is right must pass, so that the others
 * fail for their own reason.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What every program begins with: the rings under short names, each typed as the pipeline has it. */
const RINGS = `
import type { Call } from '${ROOT}src/model/call.ts';
import { authenticate } from '${ROOT}src/proxy/auth/authenticate.ts';
import { onion } from '${ROOT}src/proxy/layer.ts';
import { meter } from '${ROOT}src/proxy/limit/meter.ts';
import type { PipelineParts } from '${ROOT}src/proxy/pipeline.ts';
import { permit, readmit } from '${ROOT}src/proxy/policy/permit.ts';
import { recheck } from '${ROOT}src/proxy/policy/pass.ts';
import { rescue } from '${ROOT}src/proxy/reply/rescue.ts';
import { repeat } from '${ROOT}src/proxy/route/repeat.ts';
import { route } from '${ROOT}src/proxy/route/route.ts';
import { serve } from '${ROOT}src/proxy/serve.ts';
declare const parts: PipelineParts;
declare const call: Call;
const [rescued, authenticated, permitted] = [rescue(parts), authenticate(), permit(parts)];
const inner = { ...parts, readmit: readmit(parts), recheck: recheck(parts) };
const [metered, repeated, routed, served] = [meter(parts), repeat(inner), route(inner), serve(inner)];
`;

const inOrder = (...rings: string[]) =>
  `onion<Call>()${rings.map((ring) => `.inward(${ring})`).join('')}.around(served);`;

interface Program {
  readonly what: string;
  readonly text: string;
  /** What the compiler must complain about; '' = nothing. */
  readonly missing: string;
}

const PROGRAMS: readonly Program[] = [
  {
    what: 'the rings in their order compile',
    missing: '',
    text: inOrder('rescued', 'authenticated', 'permitted', 'metered', 'repeated', 'routed'),
  },
  {
    what: 'nothing is made once more before limits',
    missing: 'timer',
    text: inOrder('rescued', 'authenticated', 'permitted', 'repeated', 'metered', 'routed'),
  },
  {
    what: 'without authentication nobody has a permit',
    missing: 'principal',
    text: inOrder('rescued', 'permitted', 'metered', 'routed'),
  },
  {
    what: 'without policy nothing is metered',
    missing: 'permit',
    text: inOrder('rescued', 'authenticated', 'metered', 'routed'),
  },
  {
    what: 'without limits nothing is routed',
    missing: 'timer',
    text: inOrder('rescued', 'authenticated', 'permitted', 'routed'),
  },
  {
    what: 'without a route nothing is served',
    missing: 'way',
    text: inOrder('rescued', 'authenticated', 'permitted', 'metered'),
  },
  {
    what: 'policy does not come before authentication',
    missing: 'principal',
    text: inOrder('rescued', 'permitted', 'authenticated', 'metered', 'routed'),
  },
  {
    what: 'limits do not come before policy',
    missing: 'permit',
    text: inOrder('rescued', 'authenticated', 'metered', 'permitted', 'routed'),
  },
  {
    what: 'routes do not come before limits',
    missing: 'timer',
    text: inOrder('rescued', 'authenticated', 'permitted', 'routed', 'metered'),
  },
  { what: 'a server is not asked without rings', missing: 'principal', text: 'served(call);' },
  {
    what: 'a permit is not made by hand',
    missing: 'permitBrand',
    text: `const forged: import('${ROOT}src/model/call.ts').Permit = { rule: 'mine' }; void forged;`,
  },
];

const OPTIONS = [
  '--ignoreConfig',
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
];
const PLATFORM = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--module', 'nodenext', '--skipLibCheck'];
const IMPORTS = ['--allowImportingTsExtensions', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];

/** File name → what the compiler says about it. */
async function compiled(programs: readonly Program[]): Promise<ReadonlyMap<number, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'onion-'));
  try {
    const files = programs.map((_, at) => join(folder, `program-${at}.mts`));
    await Promise.all(programs.map(({ text }, at) => writeFile(files[at] ?? '', `${RINGS}${text}\n`)));
    return complaints(await output([...OPTIONS, ...PLATFORM, ...IMPORTS, ...files]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function output(args: readonly string[]): Promise<string> {
  const compiler = resolve(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((done) => {
    execFile(process.execPath, [compiler, '--pretty', 'false', ...args], { cwd: ROOT }, (_, stdout) => done(stdout));
  });
}

/** A complaint goes on in the lines that are indented. */
function complaints(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  let at = -1;
  for (const line of text.split('\n')) {
    const begins = /program-(\d+)\.mts\(/.exec(line);
    if (begins) at = Number(begins[1]);
    else if (!line.startsWith(' ')) at = -1;
    if (line !== '') found.set(at, `${found.get(at) ?? ''}${line}\n`);
  }
  return found;
}

describe('the compiler knows the order of the rings:', () => {
  let said: ReadonlyMap<number, string> = new Map();
  before(async () => {
    said = await compiled(PROGRAMS);
  });
  for (const [at, { what, missing }] of PROGRAMS.entries()) {
    test(what, () => {
      if (missing === '') assert.equal(said.get(at), undefined);
      else assert.match(said.get(at) ?? 'it compiles', new RegExp(`\\b${missing}\\b`));
    });
  }
});
