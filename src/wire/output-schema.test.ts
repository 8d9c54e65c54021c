import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splice } from './json/splice.ts';
import { outputForOlder } from './output-schema.ts';

/** The tool as an older client reads it; `schema` is JSON text. */
function shown(schema: string) {
  const tool = Buffer.from(`{"name":"t", "outputSchema" : ${schema} ,"inputSchema":{"type":"object"}}`);
  const { wrapped, edits } = outputForOlder(tool);
  const text = splice(tool, edits).toString();
  return { wrapped, text, outputSchema: JSON.parse(text).outputSchema };
}

const inObject = (result: unknown) => ({ type: 'object', properties: { result }, required: ['result'] });

describe('the schema of structured content, for older clients', () => {
  test('stays as it is when it is of an object, or when there is none', () => {
    for (const tool of ['{"name":"t"}', '{"name":"t","outputSchema":{"x":1.0,"type":"ob\\u006aect"}}']) {
      assert.deepEqual(outputForOlder(Buffer.from(tool)), { wrapped: false, edits: [] });
    }
  });

  test('stands inside an object when it is of anything else, byte for byte', () => {
    for (const schema of [
      '{"type":"array","items":{"maximum":12345678901234567890,"x":1.0}}',
      '{"type":["object","null"]}',
      '{"anyOf":[{"type":"object"}]}',
      '{}',
      'true',
    ]) {
      const { wrapped, text } = shown(schema);
      assert.ok(wrapped);
      assert.equal(
        text,
        `{"name":"t", "outputSchema" : {"type":"object","properties":{"result":${schema}},"required":["result"]} ,"inputSchema":{"type":"object"}}`,
      );
    }
  });

  test('keeps at the root what references lead to, and what says its dialect', () => {
    const root = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $defs: { a: { $ref: '#/$defs/b' }, b: {} },
    };
    const schema = { ...root, definitions: { c: {} }, type: 'array', items: { $ref: '#/$defs/a' } };
    const { outputSchema } = shown(JSON.stringify(schema));
    assert.deepEqual(outputSchema, {
      ...root,
      definitions: { c: {} },
      ...inObject({ type: 'array', items: { $ref: '#/$defs/a' } }),
    });
    assert.deepEqual(shown('{"$defs":{"a":{}}}').outputSchema, { $defs: { a: {} }, ...inObject({}) });
  });

  for (const to of ['#', '', '#/items', '#/$defs', '#/properties/x']) {
    test(`is left out when a reference leads to "${to}", which would be elsewhere`, () => {
      const schema = { type: 'array', $defs: { x: { not: { allOf: [{ $ref: to }] } } } };
      const { wrapped, text } = shown(JSON.stringify(schema));
      assert.ok(wrapped);
      assert.deepEqual(JSON.parse(text), { name: 't', inputSchema: { type: 'object' } });
    });
  }

  for (const to of ['#anchor', 'https://example.com/s#/items', '#/definitions/x/items']) {
    test(`stays when a reference leads to "${to}", which does not move`, () => {
      const schema = { type: 'array', items: { $ref: to } };
      assert.deepEqual(shown(JSON.stringify(schema)).outputSchema, inObject(schema));
    });
  }

  test('stays whole when it is a root by its own name', () => {
    const schema = { $id: 'https://example.com/list', $defs: { a: {} }, items: { $ref: '#' } };
    assert.deepEqual(shown(JSON.stringify(schema)).outputSchema, inObject(schema));
  });

  for (const schema of ['null', '7', '"object"', '[]']) {
    test(`is left out when it is none: ${schema}`, () => {
      assert.deepEqual(JSON.parse(shown(schema).text), { name: 't', inputSchema: { type: 'object' } });
    });
  }

  test('is left out when there are two, of which nobody knows the one that counts', () => {
    const tool = Buffer.from('{"outputSchema":{"type":"object"},"name":"t","outputSchema":{"type":"array"}}');
    const { wrapped, edits } = outputForOlder(tool);
    assert.deepEqual([wrapped, splice(tool, edits).toString()], [true, '{"name":"t"}']);
  });

  test('is of no object when it names its type twice', () => {
    assert.ok(shown('{"type":"array","type":"object"}').wrapped);
  });

  test('may be deep', () => {
    const deep = `${'{"not":'.repeat(60)}{"$ref":"#"}${'}'.repeat(60)}`;
    assert.equal(shown(deep).outputSchema, undefined);
  });
});
