/*
 * The scripted server over HTTP as a program, for those that are to be killed: `node scripted-upstream-http.ts '<JSON of
 * StartOptions>'`. Says `{"port":…}` once it listens.
 */
import { type StartOptions, startScripted } from './scripted-upstream.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as StartOptions & { readonly transport: 'http' | 'sse' };
const { port } = await startScripted(options);
process.stdout.write(`${JSON.stringify({ port })}\n`);
