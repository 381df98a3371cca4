import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import * as generated from '#src/generated/scripts.js';
import { runScript, type Script } from '#src/scripts.js';
import { call, message } from './messages-for-tests.js';
import { Opened } from './opened.js';

const scripts: readonly Script[] = Object.values(generated);

describe('the scripts', () => {
  let opened: Opened;

  before(async () => {
    opened = await Opened.start();
  });

  after(() => opened.stop());

  beforeEach(() => opened.begin());

  it('are one for each file, with all that they include', () => {
    const files = readdirSync(new URL('../src/scripts', import.meta.url)).filter((file) => file.endsWith('.lua'));
    assert.equal(scripts.length, files.length);
    for (const { name, source } of scripts) assert.doesNotMatch(source, /^--- include/m, name);
  });

  it('are known to the server by the name that we call them by', async () => {
    for (const { name, sha, source } of scripts) {
      assert.equal(createHash('sha1').update(source).digest('hex'), sha, name);
      assert.equal(await opened.admin.script('LOAD', source), sha, name);
    }
  });

  it('say what their keys and their answers are', () => {
    for (const { name, source } of scripts) {
      assert.match(source, /^-- KEYS {2}.+$/m, name);
      assert.match(source, /^-- Answers .+$/m, name);
    }
  });

  it('are given to a server that does not know them: after a SCRIPT FLUSH nobody sees an error', async () => {
    const store = (await opened.open()).queue();
    await store.publish([message()], call());
    await opened.admin.script('FLUSH');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.publish([message()], call())));
    assert.ok(outcomes.every(([outcome]) => outcome?.status === 'published'));
    assert.equal((await store.stats()).waiting.normal, 21);
  });

  it('are sent by their hash once the server knows them', async () => {
    const sent: string[] = [];
    const known = new Set<unknown>();
    const script: Script = { name: 'x', sha: 'abc', source: 'return 1' };
    const sender = {
      send: async (name: string, args: readonly unknown[]) => {
        sent.push(`${name} ${args.join(' ')}`);
        if (name === 'evalsha' && !known.has(args[0]))
          throw Object.assign(new Error('NOSCRIPT No matching script.'), { name: 'ReplyError' });
        known.add(script.sha);
        return 1;
      },
    };
    await runScript(sender, script, ['k'], ['a', 2]);
    await runScript(sender, script, ['k'], ['b', 3]);
    assert.deepEqual(sent, ['evalsha abc 1 k a 2', 'eval return 1 1 k a 2', 'evalsha abc 1 k b 3']);
  });
});
