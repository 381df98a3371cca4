import assert from 'node:assert/strict';
import { type NatsServer, startNats } from '@quayside/conformance/servers';
import { ConnectionError } from '@quayside/core';
import { nkeys } from 'nats';
import { type DialSettings, dial } from '#src/dial.js';
import { parseServers, type ServerAddress } from '#src/server-address.js';
import { FakeServer } from './fake-server.js';
import { until } from './until.js';

const plain: DialSettings = { name: 'test', dialTimeoutMs: 3_000, login: undefined, tls: undefined };
const never = new AbortController().signal;

function addressOf(text: string): ServerAddress {
  const [address] = parseServers(text) ?? [];
  assert.ok(address !== undefined);
  return address;
}

async function refusal(call: Promise<unknown>): Promise<ConnectionError> {
  const error: unknown = await call.then(
    () => assert.fail('it connected'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectionError, `${error}`);
  return error;
}

describe('dial', () => {
  const stops: (() => Promise<void>)[] = [];
  const start = async (options: Parameters<typeof startNats>[0]): Promise<NatsServer> => {
    const server = await startNats(options);
    stops.push(() => server.stop());
    return server;
  };
  const fake = async (greeting?: string): Promise<FakeServer> => {
    const server = await FakeServer.start(greeting);
    stops.push(() => server.stop());
    return server;
  };

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** Connects, and shows that it works. */
  async function works(server: ServerAddress, settings: Partial<DialSettings> = {}): Promise<void> {
    const client = await dial(server, { ...plain, ...settings }, never);
    await client.flush();
    await client.close();
  }

  it('connects to the server, which can be told from others by its name', async () => {
    const server = await start({});
    const client = await dial(addressOf(server.url), { ...plain, name: 'billing' }, never);
    const { connections } = (await (await fetch(`${server.monitorUrl}/connz`)).json()) as { connections: readonly { name: string }[] };
    assert.deepEqual(
      connections.map(({ name }) => name),
      ['billing'],
    );
    await client.close();
  });

  it('logs in by token, from the settings or from the address, whose login comes first', async () => {
    const server = await start({ token: 's/e:c@ret' });
    const address = addressOf(server.url);
    await works(address, { login: { kind: 'token', token: 's/e:c@ret' } });
    const own = addressOf(`nats://${encodeURIComponent('s/e:c@ret')}@127.0.0.1:${server.port}`);
    await works(own, { login: { kind: 'token', token: 'wrong' } });
  });

  it('logs in by user and password', async () => {
    const server = await start({ user: { name: 'worker', password: 'pass word' } });
    await works(addressOf(`nats://worker:pass%20word@127.0.0.1:${server.port}`));
  });

  it('logs in by nkey', async () => {
    const user = nkeys.createUser();
    const server = await start({ nkey: user.getPublicKey() });
    await works(addressOf(server.url), { login: { kind: 'nkey', seed: new TextDecoder().decode(user.getSeed()) } });
  });

  it('a login that is refused is told so, and no secret with it', async () => {
    const server = await start({ user: { name: 'worker', password: 'hunter2' } });
    const error = await refusal(dial(addressOf(`nats://worker:tr0ub4dor@127.0.0.1:${server.port}`), plain, never));
    assert.equal(error.message, `can't connect to NATS at 127.0.0.1:${server.port}: the server refuses the login`);
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.cause, error]), /hunter2|tr0ub4dor/);
  });

  it('speaks TLS where the server demands it, and trusts what it is told to trust', async () => {
    const server = await start({ tls: true });
    await works(addressOf(server.url), { tls: { ca: server.ca } });
    await works(addressOf(`nats://localhost:${server.port}`), { tls: { ca: server.ca } });
    assert.match((await refusal(dial(addressOf(server.url), plain, never))).message, /self.signed/);
    assert.match((await refusal(dial(addressOf(`nats://127.0.0.1:${server.port}`), plain, never))).message, /self.signed/);
  });

  it('refuses a certificate that bears another name', async () => {
    const server = await start({ tls: true });
    // The system takes it for loopback; the certificate is of 127.0.0.1 and localhost.
    const address = { ...addressOf(server.url), host: '0.0.0.0' };
    assert.match((await refusal(dial(address, { ...plain, tls: { ca: server.ca } }, never))).message, /0\.0\.0\.0 is not in the cert/);
  });

  it('refuses a server that does not offer the TLS that was asked for', async () => {
    const server = await start({});
    for (const [url, tls] of [
      [`tls://127.0.0.1:${server.port}`, undefined],
      [server.url, {}],
    ] as const) {
      assert.match((await refusal(dial(addressOf(url), { ...plain, tls }, never))).message, /does not offer TLS/);
    }
  });

  it('nobody listens, no such host, no such file: each is told', async () => {
    const gone = await fake();
    const { port } = gone;
    await gone.stop();
    stops.pop();
    const server = await start({ tls: true });
    assert.match((await refusal(dial(addressOf(`127.0.0.1:${port}`), plain, never))).message, /ECONNREFUSED/);
    assert.match((await refusal(dial(addressOf('nowhere.invalid'), plain, never))).message, /nowhere\.invalid/);
    const noFile = dial(addressOf(server.url), { ...plain, tls: { caFile: '/nowhere/ca.pem' } }, never);
    assert.match((await refusal(noFile)).message, /\/nowhere\/ca\.pem/);
  });

  for (const [what, greeting, reason] of [
    ['that speaks something else', '220 mail.example ESMTP\r\n', /no NATS server/],
    ['that says nothing', '', /no answer in time/],
    ['that greets and then says nothing', undefined, /no answer in time/],
  ] as const) {
    it(`a server ${what} is left in its time, and no socket stays open`, async () => {
      const server = await fake(greeting);
      server.answers = 0;
      const begun = performance.now();
      const error = await refusal(dial(addressOf(`127.0.0.1:${server.port}`), { ...plain, dialTimeoutMs: 300 }, never));
      assert.match(error.message, reason);
      assert.ok(performance.now() - begun < 2_000);
      await until(() => server.connectionCount === 0);
    });
  }

  it('a server that hangs up at once is told as that', async () => {
    const server = await fake('');
    const dialling = dial(addressOf(`127.0.0.1:${server.port}`), plain, never);
    await until(() => server.connectionCount > 0);
    server.hangUp();
    assert.match((await refusal(dialling)).message, /closed before it was ready/);
  });

  for (const [when, greeting, isUnderWay] of [
    ['before the server has greeted', '', (server: FakeServer) => server.connectionCount > 0],
    ['before the server has answered', undefined, (server: FakeServer) => server.said.includes('PING')],
    ['before there is a socket', undefined, undefined],
  ] as const) {
    it(`aborted ${when} it rejects at once, and no socket stays open`, async () => {
      const server = await fake(greeting);
      server.answers = 0;
      const abort = new AbortController();
      const dialling = refusal(dial(addressOf(`127.0.0.1:${server.port}`), plain, abort.signal));
      if (isUnderWay !== undefined) await until(() => isUnderWay(server));
      const begun = performance.now();
      abort.abort(new Error('enough'));
      const error = await dialling;
      assert.match(error.message, /given up/);
      assert.equal((error.cause as Error).message, 'enough');
      assert.ok(performance.now() - begun < 1_000);
      await until(() => server.connectionCount === 0);
    });
  }

  it('two at a time do not end one another', async () => {
    const [silent, server] = [await fake(''), await start({})];
    const abort = new AbortController();
    const dialling = refusal(dial(addressOf(`127.0.0.1:${silent.port}`), plain, abort.signal));
    const client = await dial(addressOf(server.url), plain, never);
    abort.abort();
    await dialling;
    await client.flush();
    await client.close();
  });
});
