import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type NatsServer, startNats } from '@quayside/conformance/servers';
import { createPubSub, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '#src/index.js';
import { until } from './until.js';

const program = fileURLToPath(new URL('durable-reader.js', import.meta.url));

/** One process, and what it has written. */
class Reader {
  readonly child: ChildProcess;
  #text = '';

  constructor(server: NatsServer) {
    this.child = spawn(process.execPath, [program, server.url, 'crash'], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (data) => {
      this.#text += data;
    });
  }

  get isReady(): boolean {
    return this.#text.startsWith('ready\n');
  }

  /** What it wrote before it was killed may end in the middle of a line. */
  numbers(word: 'begun' | 'done'): readonly number[] {
    return [...this.#text.matchAll(/^(\w+) (\d+)\n/gm)].flatMap(([, said, number]) => (said === word ? [Number(number)] : []));
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

describe('a durable subscription whose processes are killed', () => {
  it('hands every event to a handler that returns: none is lost, and only what was in hand comes twice', async () => {
    const server = await startNats({ jetStream: true });
    const readers: Reader[] = [];
    const start = async () => {
      const reader = new Reader(server);
      readers.push(reader);
      await until(() => reader.isReady);
      return reader;
    };
    const context = { clock: systemClock, logger: silentLogger, namespace: 'crash' };
    const backend = await adapter.open({ servers: server.url, jetStream: true }, context);
    const publisher = createPubSub({ transport: backend.pubSubTransport('channels') });
    try {
      await start();
      let victim = await start();
      const events = 600;
      let kills = 0;
      for (let payload = 0; payload < events; payload++) {
        await publisher.publish('jobs', payload);
        if (payload % 150 !== 100) continue;
        await until(() => victim.numbers('begun').length > victim.numbers('done').length);
        await victim.kill();
        kills++;
        victim = await start();
      }
      const done = () => readers.flatMap((reader) => reader.numbers('done'));
      await until(() => new Set(done()).size === events);
      assert.equal(kills, 4);
      // What one that was killed had finished, and had told or not told, or told too late, is all that may have come again.
      assert.ok(done().length - events <= kills * 100, `${done().length - events} were handled twice`);
    } finally {
      await Promise.all(readers.filter(({ child }) => child.exitCode === null && child.signalCode === null).map((reader) => reader.kill()));
      await publisher.stop({ graceMs: 0 });
      await backend.close();
      await server.stop();
    }
  });
});
