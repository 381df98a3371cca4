import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ConfigError, ConnectionError, type Logger, type QuaysideConfig } from '@quayside/core';
import type { ManagerCase } from './manager-case.js';
import type { SuiteOptions } from './suite-adapter.js';

/** In a URL as it is written there, and as it is meant; under a key of its own; in a list. */
const secrets = ['hunter2%2Fx', 'hunter2/x', 'tr0ub4dor', 'sentinel-pw'];
const options = {
  url: 'redis://user:hunter2%2Fx@cache.example:6379/0',
  password: 'tr0ub4dor',
  sentinels: [{ host: 's1', password: 'sentinel-pw' }],
};

/** A careless adapter: it quotes all that it was given. */
const quoting = (given: SuiteOptions) =>
  `can't reach ${String(given.url)} with password ${String(given.password)} (${JSON.stringify(given)}; hunter2/x)`;

/** Secrets of the config are in nothing that a manager says. */
export const secretCases: readonly ManagerCase[] = [
  {
    id: 'M-09',
    title: 'a ConnectionError that an adapter rejects with shows no secret of its options, nor does its cause, stack or JSON',
    needs: ['patterns'],
    async run(context) {
      const careless = context.adapter({
        before: async (given) => {
          throw new ConnectionError(quoting(given), { cause: new Error(quoting(given)) });
        },
      });
      const error = await context.refusal('5s', { pubsub: { type: 'suite' }, backends: { suite: options } }, { adapters: [careless] });
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /can't reach redis:\/\/.*cache\.example/);
      for (const [where, text] of everySide(error)) assertNoSecret(text, where);
    },
  },
  {
    id: 'M-09',
    title: 'an error that is no ConnectionError, and one that is no Error, show none either',
    needs: ['patterns'],
    async run(context) {
      for (const make of [(text: string) => new TypeError(text), (text: string) => text]) {
        const careless = context.adapter({
          before: async (given) => {
            throw make(quoting(given));
          },
        });
        const config = { pubsub: { type: 'suite' }, backends: { suite: options } };
        const error: unknown = await context.create(config, { adapters: [careless] }).catch((reason: unknown) => reason);
        for (const [where, text] of everySide(error)) assertNoSecret(text, where);
      }
    },
  },
  {
    id: 'M-09',
    title: 'errors of the config show none, whatever is wrong beside them',
    async run(context) {
      const wrong: unknown = {
        message_queue: { type: options.url, workers: 'redis://user:hunter2%2Fx@cache.example', connection: { password: ['tr0ub4dor'] } },
        pubsub: { type: 'suite', connection: options, nonsense: options.url },
        event_bus: { type: 'suite', pasword: 'tr0ub4dor' },
        backends: { suite: options },
      };
      const error = await context.refusal('5s', wrong as QuaysideConfig);
      assert.ok(error instanceof ConfigError);
      assert.ok(error.issues.length >= 4, `${error}`);
      for (const [where, text] of everySide(error)) assertNoSecret(text, where);
    },
  },
  {
    id: 'M-09',
    title: 'logs, health, stats, background errors and the manager itself show none while everything fails',
    needs: ['queue', 'patterns'],
    async run(context) {
      const log = new LogBook();
      let given: SuiteOptions = {};
      const failing = context.adapter({
        before: async (received) => {
          given = received;
        },
        change: (backend) => ({
          health: async () => {
            throw new ConnectionError(quoting(given));
          },
          close: async () => {
            await backend.close();
            throw new ConnectionError(quoting(given));
          },
        }),
      });
      const config = {
        message_queue: { type: 'suite' },
        pubsub: { type: 'suite' },
        event_bus: { type: 'suite' },
        backends: { suite: options },
      };
      const manager = await context.create(config, { adapters: [failing], logger: log });
      const told: unknown[] = [];
      manager.on('error', (error, where) => void told.push([error, where]));
      await manager.start();
      await manager.queue().publish('task', 1);
      const health = await manager.health();
      assert.equal(health.status, 'down');
      assert.match(health.components.pubsub?.reason ?? '', /cache\.example/);
      const shown: Record<string, unknown> = { health, stats: await manager.stats(), manager, container: manager.container };
      await context.settles('3s', manager.stop(), 'stop settles');
      Object.assign(shown, { told, log: log.lines });
      assert.ok(log.lines.length > 0, 'something was logged');
      assert.ok(told.length > 0, 'something was told');
      for (const [where, value] of Object.entries(shown)) {
        if (where !== 'manager' && where !== 'container') assertNoSecret(JSON.stringify(value, plainErrors), where);
        assertNoSecret(inspect(value, { depth: 10 }), where);
      }
    },
  },
  {
    id: 'M-09',
    title: "the adapter's own refusal, where no server answers, shows no password of its URL",
    needs: ['openUnreachable'],
    timeoutMs: 30_000,
    async run(context) {
      const log = new LogBook();
      const { clock } = context.scope.time;
      const password = 'tr0ub4dor';
      const opened = context.scope.harness.openUnreachable?.({ clock, logger: log, namespace: context.scope.namespace }, password);
      const error: unknown = await opened?.then(
        () => assert.fail('it opened'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof ConnectionError, `${error}`);
      for (const [where, text] of everySide(error)) assertNoSecret(text, where);
      assertNoSecret(JSON.stringify(log.lines, plainErrors), 'log');
    },
  },
];

/** Keeps every line that is logged, with its fields. */
class LogBook implements Logger {
  readonly lines: unknown[];
  readonly #bindings: object;

  constructor(lines: unknown[] = [], bindings: object = {}) {
    this.lines = lines;
    this.#bindings = bindings;
  }

  debug = (fields: object, message: string) => this.#write(fields, message);
  info = (fields: object, message: string) => this.#write(fields, message);
  warn = (fields: object, message: string) => this.#write(fields, message);
  error = (fields: object, message: string) => this.#write(fields, message);

  child(bindings: object): Logger {
    return new LogBook(this.lines, { ...this.#bindings, ...bindings });
  }

  #write(fields: object, message: string): void {
    this.lines.push({ ...this.#bindings, ...fields, message });
  }
}

/** A logger writes an error's text and stack, which JSON leaves out. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

function everySide(error: unknown): readonly (readonly [string, string])[] {
  return [
    ['its text', String(error)],
    ['its JSON', JSON.stringify(error) ?? ''],
    ['its parts', JSON.stringify(error, plainErrors) ?? ''],
    ['its inspection', inspect(error, { depth: 10 })],
  ];
}

function assertNoSecret(text: string, where: string): void {
  for (const secret of secrets) assert.ok(!text.includes(secret), `${where} shows '${secret}': ${text}`);
}
