import assert from 'node:assert/strict';
import { ConfigError, type QuaysideConfig, QueueManager } from '#src/index.js';

const refusal = async (config: unknown): Promise<ConfigError> => {
  try {
    await QueueManager.create(config as QuaysideConfig, { env: {} });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it was taken' });
};

function angry(): never {
  throw new Error('a getter threw');
}

describe('config: what can’t be read', () => {
  it('is refused at its place where it throws, has no end, or is no plain data', async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const throwing = Object.defineProperty({}, 'limit', { enumerable: true, get: angry });
    for (const [value, said] of [
      [throwing, /messageQueue\.workers: threw when it was read/],
      [circle, /messageQueue\.workers(\.self)+: is nested deeper than 32/],
      [new Map(), /messageQueue\.workers: got a value of type object; allowed is plain data/],
    ] as const) {
      assert.match((await refusal({ messageQueue: { type: 'memory', workers: value } })).message, said);
    }
  });

  it('is refused as a whole, with a text that nobody drowns in', async () => {
    for (const config of [Object.defineProperty({}, 'messageQueue', { enumerable: true, get: angry }), 'x'.repeat(100_000), 5, undefined]) {
      assert.ok((await refusal(config)).message.length < 1_000);
    }
    const keys = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`key${index}${'x'.repeat(1_000)}`, 1]));
    const { message, issues } = await refusal({ messageQueue: { type: 'memory', ...keys } });
    assert.equal(issues.length, 1_000);
    assert.ok(message.length < 20_000);
    assert.match(message, /and 980 more/);
  });
});
