/*
 * Bodies that are no good, sent by clients of every era to servers of every era: the answer, the connection afterwards,
 * and a server that saw nothing. Where a body is good after all, the server gets its bytes as they were sent.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GOOD, INVALID, MALFORMED, NO_JSON, NO_MESSAGE, type Row } from './bad-bodies.ts';
import {
  assertRefused,
  assertUsable,
  type Client,
  type Expected,
  openClient,
  openPlay,
  type Play,
  titleOf,
  WAYS,
} from './bad-input.ts';

const play: Play = await openPlay();
after(() => play.stage.close());

for (const way of WAYS) {
  describe(titleOf(way), () => {
    let client: Client;
    before(async () => {
      client = await openClient(play, way);
    });

    const refuses = (rows: readonly Row[], expected: Expected) => {
      for (const [title, spoil] of rows) {
        it(`gets ${expected.join(' ')} for a body with this: ${title}`, async () => {
          const reached = play.reached();
          const { path, headers, message } = client;
          assertRefused(await client.connection.send({ path, headers, body: spoil(message) }), expected);
          await assertUsable(client);
          assert.equal(play.reached(), reached, 'a server saw something');
        });
      }
    };

    refuses(NO_JSON, MALFORMED);
    refuses(NO_MESSAGE, INVALID);

    for (const [title, spoil] of GOOD) {
      it(`reaches the server unchanged with this in it: ${title}`, async () => {
        const { path, headers, message } = client;
        const body = String(spoil(message));
        const sent = `"arguments":${/"arguments":(.*),"_meta"/s.exec(body)?.[1]}`;
        const reached = play.reachedWith(sent);
        const answer = await client.connection.send({ path, headers, body });
        assert.equal(answer.status, 200, answer.body);
        assert.equal(play.reachedWith(sent), reached + 1);
        await assertUsable(client);
      });
    }

    it(`${way.revision === '2025-03-26' ? 'may send' : 'gets 400 -32600 for'} a batch`, async () => {
      const reached = play.reached();
      const { path, headers, message } = client;
      const answer = await client.connection.send({ path, headers, body: `[${message}]` });
      if (way.revision === '2025-03-26') {
        assert.equal(answer.status, 200, answer.body);
        assert.match(answer.body, /^\[\{.*\}\]$/);
      } else {
        assertRefused(answer, INVALID);
        assert.equal(play.reached(), reached, 'a server saw something');
      }
      await assertUsable(client);
    });
  });
}
