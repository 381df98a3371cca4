import assert from 'node:assert/strict';
import { Command } from 'ioredis';
import { ScriptCommand } from '#src/script-command.js';

const script = { name: 'x', sha: 'abc', source: 'return 1' };
const keys = ['q:{ä}:messages', 'q:{ä}:state'];

describe('ScriptCommand', () => {
  it('sends what ioredis would send, whatever the characters, also with the beginning that it keeps', () => {
    for (const args of [[], ['', 0, 12.5, 'id'], ['ü\r\n€ 😀', -1]]) {
      const plain = new Command('evalsha', [script.sha, keys.length, ...keys, ...args]);
      plain.stringifyArguments();
      assert.equal(new ScriptCommand(script, keys, args).toWritable(), plain.toWritable({}));
    }
  });

  it('tells the beginnings of other keys and other scripts apart', () => {
    const other = { ...script, sha: 'def' };
    assert.match(new ScriptCommand(other, keys, []).toWritable(), /def/);
    assert.match(new ScriptCommand(script, ['k'], []).toWritable(), /^\*4\r\n.*\$1\r\nk\r\n$/s);
  });
});
