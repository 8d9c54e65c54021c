/*
 * The page about eras says what the table of rules says. That both are true, `npm run eras -- --all` tells.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FEATURES } from './features.ts';
import { KINDS } from './kinds.ts';
import type { Outcome } from './outcome.ts';
import { erasPage, pageOnDisk, promised, shown } from './page.ts';

it('the page agrees with the rules and features', () => {
  assert.equal(pageOnDisk(), erasPage(promised), 'run "npm run eras -- --all --write"');
});

it('a run that shows what the rules promise makes the same page, and one that does not, another', () => {
  const outcomes = KINDS.flatMap((client) =>
    KINDS.flatMap((server) =>
      FEATURES.map(({ name }): Outcome => {
        const state = promised(client, server).get(name) ?? 'broken';
        return { client, server, endpoint: 'transparent', driver: 'raw', feature: name, state, why: '' };
      }),
    ),
  );
  assert.equal(erasPage(shown(outcomes)), erasPage(promised));
  const [first, ...rest] = outcomes;
  assert.ok(first);
  assert.match(erasPage(shown(rest)), new RegExp(`\\*\\*broken: ${first.feature}\\*\\*`));
  assert.match(erasPage(shown([{ ...first, state: 'stale' }, ...rest])), /\*\*broken: /);
});
