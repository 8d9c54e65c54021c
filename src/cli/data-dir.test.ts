import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { dataDirOf } from './data-dir.ts';

const rows: { name: string; option?: string; env: Record<string, string>; dir: string }[] = [
  { name: 'the option wins', option: '/a', env: { GATEWRIGHT_DATA_DIR: '/b', XDG_DATA_HOME: '/c' }, dir: '/a' },
  { name: 'a relative option starts where the person is', option: 'a', env: {}, dir: resolve('a') },
  { name: 'then the variable', env: { GATEWRIGHT_DATA_DIR: '/b', XDG_DATA_HOME: '/c' }, dir: '/b' },
  { name: 'then the place for data', env: { XDG_DATA_HOME: '/c', HOME: '/d' }, dir: '/c/gatewright' },
  {
    name: 'a relative place is ignored',
    env: { XDG_DATA_HOME: 'c', HOME: '/d' },
    dir: '/d/.local/share/gatewright',
  },
  {
    name: 'an empty variable is none',
    env: { GATEWRIGHT_DATA_DIR: '', XDG_DATA_HOME: '', HOME: '/d' },
    dir: '/d/.local/share/gatewright',
  },
];

for (const { name, option, env, dir } of rows) {
  test(name, () => {
    assert.equal(dataDirOf(new Map(option === undefined ? [] : [['data-dir', option]]), env), dir);
  });
}
