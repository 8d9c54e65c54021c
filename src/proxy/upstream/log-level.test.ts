import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshCall, NO_CLIENT } from '../../../test/rig/made.ts';
import { isAtLeast, isWanted, LOG_LEVELS } from './log-level.ts';

const callOf = (logLevel: string | undefined, sessionId: string) =>
  freshCall({ id: 1, method: 'ping' }, { sessionId, client: { ...NO_CLIENT, logLevel } });

test('a line is wanted when it is as severe as the level that was set, or more', () => {
  for (const [at, wanted] of LOG_LEVELS.entries()) {
    const passing = LOG_LEVELS.filter((level) => isWanted(level, callOf(wanted, '')));
    assert.deepEqual(passing, LOG_LEVELS.slice(at));
  }
});

test('without a level a session leaves the choice to the server, and a single request wants no line', () => {
  assert.equal(isWanted('debug', callOf(undefined, 's')), true);
  assert.equal(isWanted('emergency', callOf(undefined, '')), false);
});

test('a line of a level that nobody knows is not wanted where a level was set', () => {
  assert.equal(isWanted('verbose', callOf('debug', 's')), false);
});

test('a server says everything that a less talkative level asks for', () => {
  assert.equal(isAtLeast('debug', 'error'), true);
  assert.equal(isAtLeast('error', 'error'), true);
  assert.equal(isAtLeast('error', 'debug'), false);
  assert.equal(isAtLeast(undefined, 'emergency'), false);
});
