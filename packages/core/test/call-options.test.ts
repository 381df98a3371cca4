import assert from 'node:assert/strict';
import { checkFunctions, checkSignal, readGrace, readList, readOptions } from '#src/call-options.js';
import { ConfigError } from '#src/index.js';

interface Options {
  readonly delay?: string;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const issuePaths = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues.map(({ path }) => path);
  }
  return [];
};

describe('the options of a call', () => {
  it('are read once, and are the caller’s no more', () => {
    let reads = 0;
    const given: Options = {
      get delay() {
        reads++;
        return `${reads}s`;
      },
    };
    const options = readOptions(given);
    assert.deepEqual([options.delay, options.delay, reads], ['1s', '1s', 1]);
  });

  it('may be left out', () => {
    assert.deepEqual(readOptions<Options>(undefined), {});
  });

  it('are refused where they are no plain object: what it inherits would be passed over', () => {
    class Defaults {
      readonly delay = '1s';
    }
    for (const wrong of [null, 5, 'text', true, [], () => undefined, new Date(), new Map(), new Defaults(), revoked()]) {
      assert.deepEqual(
        issuePaths(() => readOptions(wrong as Options)),
        ['options'],
        typeof wrong,
      );
    }
  });

  it('are refused with the cause where reading them throws', () => {
    const cause = new Error('a getter threw');
    const given = {
      get delay(): string {
        throw cause;
      },
    };
    assert.throws(
      () => readOptions(given, 'item'),
      (error: ConfigError) => error.cause === cause && error.issues[0]?.path === 'item',
    );
  });

  it('that are lists, functions, signals and graces are refused by their names', () => {
    assert.deepEqual(
      issuePaths(() => readList({ length: 1 } as unknown as string[], 'ids')),
      ['ids'],
    );
    assert.deepEqual(
      issuePaths(() => checkFunctions({ process: 5 }, ['process'], 'middleware')),
      ['middleware.process'],
    );
    assert.deepEqual(
      issuePaths(() => checkSignal(revoked())),
      ['options.signal'],
    );
    for (const graceMs of [Number.NaN, -1, Number.POSITIVE_INFINITY, '5'])
      assert.deepEqual(
        issuePaths(() => readGrace({ graceMs: graceMs as number })),
        ['options.graceMs'],
      );
    assert.equal(readGrace(undefined), 5_000);
  });
});
