import assert from 'node:assert/strict';
import { Model } from '#src/services/model.js';

function recordingBus() {
  const told: string[] = [];
  const emit = (name: 'model_loaded' | 'model_unloaded', { model }: { readonly model: string }) => told.push(`${name} ${model}`);
  return { told, emit };
}

describe('a model', () => {
  it('is loaded once, however many callers come at once, and told of', async () => {
    const bus = recordingBus();
    let loads = 0;
    const model = new Model('m', async () => ++loads, bus);
    assert.deepEqual(await Promise.all([model.get(), model.get(), model.get()]), [1, 1, 1]);
    assert.deepEqual(bus.told, ['model_loaded m']);
  });

  it('is told of once when unloaded, and loaded anew by the next caller', async () => {
    const bus = recordingBus();
    let loads = 0;
    const model = new Model('m', () => ++loads, bus);
    await model.unload();
    await model.get();
    await Promise.all([model.unload(), model.unload()]);
    assert.equal(await model.get(), 2);
    assert.deepEqual(bus.told, ['model_loaded m', 'model_unloaded m', 'model_loaded m']);
  });

  it('that failed to load is tried anew by the next caller', async () => {
    const bus = recordingBus();
    let loads = 0;
    const model = new Model(
      'm',
      () => {
        loads += 1;
        if (loads === 1) throw new Error('out of memory');
        return 'ready';
      },
      bus,
    );
    await assert.rejects(model.get(), /out of memory/);
    assert.equal(await model.get(), 'ready');
    assert.deepEqual(bus.told, ['model_loaded m']);
  });
});
