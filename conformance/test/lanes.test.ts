import assert from 'node:assert/strict';
import { Lanes } from '#src/lanes.js';

/** Jobs that end when told, and write down their starts. */
function jobs(lanes: Lanes, names: readonly string[], alone: readonly string[] = []) {
  const started: string[] = [];
  const finish = new Map<string, (error?: Error) => void>();
  const asked = names.map((name) =>
    lanes.add(
      () =>
        new Promise<void>((resolve, reject) => {
          started.push(name);
          finish.set(name, (error) => (error === undefined ? resolve() : reject(error)));
        }),
      alone.includes(name),
    ),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string, error?: Error) => {
    finish.get(name)?.(error);
    await turn();
  };
  return { started, asked, end, turn };
}

describe('lanes', () => {
  it('start as many cases as are wide, in order, and the next one where one ends', async () => {
    const { started, asked, end, turn } = jobs(new Lanes(2), ['a', 'b', 'c', 'd']);
    void asked[0]?.();
    await turn();
    assert.deepEqual(started, ['a', 'b']);
    await end('b');
    assert.deepEqual(started, ['a', 'b', 'c']);
  });

  it('run a case that hurts the server alone', async () => {
    const { started, asked, end, turn } = jobs(new Lanes(3), ['a', 'hurts', 'b', 'c'], ['hurts']);
    void asked[0]?.();
    await turn();
    assert.deepEqual(started, ['a']);
    await end('a');
    assert.deepEqual(started, ['a', 'hurts']);
    await end('hurts');
    assert.deepEqual(started, ['a', 'hurts', 'b', 'c']);
  });

  it('tell a failure to whoever asks for that case, also when it came before', async () => {
    const { asked, end, turn } = jobs(new Lanes(2), ['a', 'b']);
    const first = asked[0]?.();
    await turn();
    await end('b', new Error('b failed'));
    await end('a');
    await first;
    await assert.rejects(async () => asked[1]?.(), /b failed/);
  });

  it('leave out what the runner did not choose', async () => {
    const { started, asked, turn } = jobs(new Lanes(1), ['a', 'b', 'c']);
    void asked[2]?.();
    await turn();
    assert.deepEqual(started, ['c']);
  });
});
