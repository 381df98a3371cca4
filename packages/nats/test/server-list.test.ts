import assert from 'node:assert/strict';
import { hostPortOf, parseServers, type ServerAddress } from '#src/server-address.js';
import { ServerList } from '#src/server-list.js';

const addresses = (text: string) => parseServers(text) ?? [];
const names = (servers: readonly ServerAddress[]) => servers.map(hostPortOf);
const [a] = addresses('tls://user:secret@a');
assert.ok(a !== undefined);

describe('ServerList', () => {
  it('draws an order: each server once, whatever the chance', () => {
    const draws = [0.9, 0.1, 0.5];
    const list = new ServerList(addresses('a,b,c'), () => draws.shift() ?? 0);
    assert.deepEqual(names(list.round()), ['b:4222', 'c:4222', 'a:4222']);
  });

  it('tries the one that was lost last', () => {
    const list = new ServerList(addresses('a,b,c'), () => 0);
    assert.deepEqual(names(list.round(a)), ['b:4222', 'c:4222', 'a:4222']);
  });

  it('learns of neighbours, which want the same login and the same TLS, and tries them after those of the options', () => {
    const list = new ServerList([a], () => 0);
    list.learn(a, ['a:4222', 'b:1', '[::1]:2']);
    assert.deepEqual(names(list.round()), ['a:4222', 'b:1', '[::1]:2']);
    const [, neighbour] = list.round();
    assert.deepEqual(neighbour, { ...a, host: 'b', port: 1 });
  });

  it('forgets neighbours that are told no more, and what is no address', () => {
    const list = new ServerList([a], () => 0);
    list.learn(a, ['b:1', 'c:1']);
    list.learn(a, ['c:1', 'http://d']);
    assert.deepEqual(names(list.round()), ['a:4222', 'c:1']);
  });
});
