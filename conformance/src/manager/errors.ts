import assert from 'node:assert/strict';
import * as core from '@quayside/core';
import type { ManagerCase } from './manager-case.js';

const issues = [{ path: 'options.delay', message: 'got -1; allowed is from 0' }];
const fate = { outcome: 'unknown', ids: ['id-1', 'id-2'] } as const;

/** One of each. The key is the class's name. */
const examples: Readonly<Record<string, () => core.QuaysideError>> = {
  QuaysideError: () => new core.QuaysideError('ERR_QUAYSIDE_EXAMPLE', 'an example', fate),
  CancelledError: () => new core.CancelledError('cancelled on request'),
  CapacityError: () => new core.CapacityError('the buffer is full', fate),
  ClosedError: () => new core.ClosedError('the queue', fate),
  ConfigError: () => new core.ConfigError('the options are wrong', issues),
  ConnectionError: () => new core.ConnectionError('cut off', { ...fate, cause: new Error('read ECONNRESET') }),
  InvalidNameError: () => new core.InvalidNameError('channel', 'a..b', 'no empty token'),
  LeaseLostError: () => new core.LeaseLostError('id-1'),
  NoHandlerError: () => new core.NoHandlerError('task'),
  NoRouteError: () => new core.NoRouteError('task'),
  PayloadError: () => new core.PayloadError('the payload is wrong', issues),
  TaskFailedError: () => new core.TaskFailedError({ id: 'id-1', type: 'task', state: 'failed', queue: 'tasks', attempts: 1, history: [] }),
  TaskNotFoundError: () => new core.TaskNotFoundError('id-1'),
  TimeoutError: () => new core.TimeoutError('too late', { ...fate, cause: new core.ConnectionError('cut off') }),
  UnrecoverableError: () => new core.UnrecoverableError('never again'),
  UnsupportedFeatureError: () => new core.UnsupportedFeatureError('memory', ['options.durable']),
  UnsupportedPortError: () => new core.UnsupportedPortError('Queue', 'nats', ['memory', 'redis']),
};

/** Errors are part of the interface. */
export const errorCases: readonly ManagerCase[] = [
  {
    id: 'M-10',
    title: 'every public error is a QuaysideError with a stable code of its own, a name and a message that says what was wrong',
    async run() {
      const exported = Object.entries(core).filter(([, value]) => isErrorClass(value));
      assert.deepEqual(exported.map(([name]) => name).toSorted(), Object.keys(examples).toSorted());
      const codes = new Set<string>();
      for (const [name, make] of Object.entries(examples)) {
        const error = make();
        assert.ok(error instanceof Error && error instanceof core.QuaysideError, name);
        assert.equal(error.name, name);
        assert.match(error.code, /^ERR_QUAYSIDE_[A-Z_]+$/, name);
        assert.ok(error.message.length > 0, name);
        codes.add(error.code);
      }
      assert.equal(codes.size, Object.keys(examples).length);
    },
  },
  {
    id: 'M-10',
    title: 'every public error survives JSON with name, code, message, outcome, ids, issues, features and cause',
    async run() {
      for (const [name, make] of Object.entries(examples)) {
        const error = make();
        const { name: told, code, message, outcome, ids } = error;
        const expected = {
          name: told,
          code,
          message,
          ...(outcome && { outcome }),
          ...(ids && { ids }),
          ...('issues' in error && { issues: error.issues }),
          ...('features' in error && { features: error.features }),
        };
        const { cause, ...rest } = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
        assert.deepEqual(rest, expected, name);
        if (error.cause instanceof Error) assert.equal((cause as Error).message, error.cause.message, name);
        else assert.equal(cause, undefined, name);
      }
    },
  },
  {
    id: 'M-10',
    title: 'a cause that JSON cannot carry harms nothing: a circle, a BigInt, a symbol, a chain of our own',
    async run() {
      const circle = new Error('a circle');
      circle.cause = circle;
      const chain = new core.ConnectionError('outer', { cause: new core.TimeoutError('inner', { cause: circle }) });
      for (const cause of [circle, 1n, Symbol('s'), { toString: null }, Object.create(null), chain]) {
        const text = JSON.stringify(new core.ConnectionError('cut off', { cause }));
        assert.equal((JSON.parse(text) as Error).message, 'cut off');
      }
      const told = JSON.parse(JSON.stringify(chain)) as { cause: { name: string; cause: { message: string } } };
      assert.deepEqual([told.cause.name, told.cause.cause.message], ['TimeoutError', 'a circle']);
    },
  },
];

function isErrorClass(value: unknown): boolean {
  return typeof value === 'function' && (value === core.QuaysideError || value.prototype instanceof core.QuaysideError);
}
