import assert from 'node:assert/strict';
import { nkeys } from 'nats';
import { checkOptions } from '#src/options.js';

const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
const accountSeed = new TextDecoder().decode(nkeys.createAccount().getSeed());

describe('the options', () => {
  it('may be absent, and each may stand alone', () => {
    const right = [
      undefined,
      {},
      { servers: 'nats://10.0.0.1:4222' },
      { servers: 'a, tls://b:1,nats://user:p%40ss@c' },
      { servers: ['a', '[::1]:4222'] },
      { token: 't' },
      { user: 'u', password: 'p' },
      { nkey: seed },
      { tls: true },
      { tls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' } },
      { name: 'billing', dialTimeout: '500ms' },
      { jetStream: true },
      { jetStream: { replicas: 3, maxAge: '7d', maxBytes: 1_000_000, ackWait: '10s' } },
    ];
    for (const options of right) assert.deepEqual(checkOptions(options), [], JSON.stringify(options));
  });

  const wrong: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['what is no object', 'nats://a', ['']],
    ['a list', [], ['']],
    ['an unknown key', { server: 'a', tls: { cas: 1 } }, ['server', 'tls.cas']],
    ['an empty list of servers', { servers: [] }, ['servers']],
    ['a number as a server', { servers: ['a', 4222] }, ['servers.1']],
    ['an address of another kind', { servers: 'ws://a:1' }, ['servers']],
    ['an address with a path', { servers: 'nats://a/b' }, ['servers']],
    ['an address without a host', { servers: 'nats://:4222' }, ['servers']],
    ['an address with a broken escape', { servers: 'nats://u:%zz@a' }, ['servers']],
    ['an empty text', { token: '', name: '' }, ['token', 'name']],
    ['a text that is none', { user: 1, password: 2 }, ['user', 'password']],
    ['two logins', { token: 't', nkey: seed }, ['nkey']],
    ['a password without a user', { password: 'p' }, ['password']],
    ['a seed with a typing error', { nkey: seed.replace(/.(?=.{20}$)/, (letter) => (letter === 'A' ? 'B' : 'A')) }, ['nkey']],
    ['the seed of an account', { nkey: accountSeed }, ['nkey']],
    ['tls as a text', { tls: 'yes' }, ['tls']],
    ['a certificate without its key', { tls: { cert: 'pem' } }, ['tls.key']],
    ['a time-out that is no duration', { dialTimeout: 'soon' }, ['dialTimeout']],
    ['a time-out of nothing', { dialTimeout: 0 }, ['dialTimeout']],
    ['JetStream as a text', { jetStream: 'yes' }, ['jetStream']],
    [
      'a limit of JetStream that is none',
      { jetStream: { replicas: 6, maxAge: 1, maxBytes: 0.5, ackWait: '10ms', maxMessages: 1 } },
      ['jetStream.maxMessages', 'jetStream.replicas', 'jetStream.maxBytes', 'jetStream.maxAge', 'jetStream.ackWait'],
    ],
  ];
  for (const [what, options, paths] of wrong) {
    it(`${what} is told where it stands`, () => {
      assert.deepEqual(
        checkOptions(options).map(({ path }) => path),
        paths,
      );
    });
  }

  it('all that is wrong is told at once, and no secret with it', () => {
    const options = {
      servers: ['nats://user:hun/ter2@[', 'ws://hunter2@a', 'nats://hunter2@a/x'],
      token: ['hunter2'],
      password: 'hunter2',
      nkey: 'SUhunter2',
      tls: { key: { pem: 'hunter2' } },
    };
    const issues = checkOptions(options);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['servers.0', 'servers.1', 'servers.2', 'token', 'nkey', 'password', 'nkey', 'tls.key'],
    );
    assert.doesNotMatch(JSON.stringify(issues), /hun/);
  });
});
