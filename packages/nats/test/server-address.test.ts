import assert from 'node:assert/strict';
import { hostPortOf, parseServers } from '#src/server-address.js';

describe('the address of a server', () => {
  it('is read with its scheme, its port and its login, each of which may be left out', () => {
    const plain = { host: 'a', port: 4222, isSecure: false, login: undefined };
    for (const [text, address] of [
      ['a', plain],
      ['a:4222', plain],
      ['nats://a', plain],
      ['nats://a/', plain],
      ['nats://10.0.0.1:1', { ...plain, host: '10.0.0.1', port: 1 }],
      ['tls://a', { ...plain, isSecure: true }],
      ['[::1]:1', { ...plain, host: '::1', port: 1 }],
      ['u:p%40%2F%3A@a', { ...plain, login: { kind: 'user', user: 'u', password: 'p@/:' } }],
      ['nats://t%2Ft@a', { ...plain, login: { kind: 'token', token: 't/t' } }],
    ] as const) {
      assert.deepEqual(parseServers(text), [address], text);
    }
  });

  it('may be one of several in a text', () => {
    assert.deepEqual(parseServers('a, tls://b:1 ,c')?.map(hostPortOf), ['a:4222', 'b:1', 'c:4222']);
  });

  it('is read back as NATS writes it', () => {
    for (const text of ['a:1', '10.0.0.1:4222', '[::1]:4222']) assert.deepEqual(parseServers(text)?.map(hostPortOf), [text]);
  });

  it('is none where one of them is none', () => {
    for (const text of ['', 'a,', 'http://a', 'a:port', 'nats://', 'a?x', 'a#x']) assert.equal(parseServers(text), undefined, text);
  });
});
