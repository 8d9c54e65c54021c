/*
 * Says in one line what to do when the running Node is too old for the sources.
 *
 * Plain JavaScript of 2020, because it must run on the Node it complains about. `npm start`, `npm test` and the other
 * scripts run it first; inside npm scripts `node` is the one from the devDependency `node`, so this fails only when
 * `npm install` was not run, or ran with install scripts switched off.
 */
import { readFileSync } from 'node:fs';

const wanted = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).engines.node.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
const [majorMin, minorMin] = wanted.split('.').map(Number);

if (major < majorMin || (major === majorMin && minor < minorMin)) {
  process.stderr.write(
    `Gatewright needs Node ${wanted} or newer, and this is ${process.version}: run "npm install" here with install scripts allowed (it brings a newer Node into node_modules), or install Node ${wanted}.\n`,
  );
  process.exit(1);
}
