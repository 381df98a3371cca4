import assert from 'node:assert/strict';
import { stressParts } from '#src/stress/parts.js';
import { runStress } from '#src/stress/run.js';
import { growthOf } from '#src/stress/trend.js';

/** Those that are no suites of their own in `npm test`. */
const loads = stressParts.filter(({ name }) => ['soak', 'million', 'queues', 'subscribers', 'slow'].includes(name));

describe('stress, in sizes of seconds', () => {
  for (const part of loads) {
    it(`${part.name}: ${part.title}`, async () => {
      const report = await runStress({ parts: [part], backend: part.name === 'slow' ? 'memory' : 'redis', isShort: true });
      assert.equal(report.lines.length, 1);
      assert.ok(report.isWhole, `${report}`);
    }).timeout(60_000);
  }

  it('a part that fails is a broken promise, and the next one runs', async () => {
    const failing = { name: 'failing', title: '', backends: ['memory'] as const, run: () => Promise.reject(new Error('as planned')) };
    const passing = { ...failing, name: 'passing', run: async () => ({ figures: {}, broken: [] }) };
    const report = await runStress({ parts: [failing, passing], isShort: true });
    assert.equal(report.isWhole, false);
    assert.deepEqual(
      report.lines.map(({ part, broken }) => [part, broken.length]),
      [
        ['failing', 1],
        ['passing', 0],
      ],
    );
  });

  it('growth is that of the second half, whatever the first half did', () => {
    const flat = Array.from({ length: 20 }, (_, index) => ({ atMs: index * 1_000, value: Math.min(index, 10) * 1_000 }));
    assert.ok(Math.abs(growthOf(flat).grown) < 1);
    const leaking = flat.map(({ atMs }) => ({ atMs, value: atMs * 10 }));
    assert.equal(Math.round(growthOf(leaking).perMinute), 600_000);
  });
});
