import assert from 'node:assert/strict';
import type { Logger } from '#src/logger.js';
import { QueueManager } from '#src/manager/manager.js';
import type { PortObserver } from '#src/manager/observers.js';
import { fakeAdapter } from './manager-fake.js';
import { type LogLine, recordingLogger } from './pubsub/recorder.js';

const type = 'fake';
const config = {
  message_queue: { type, queue_name: 'tasks' },
  pubsub: { type },
  event_bus: { type: 'local' },
  task_scheduler: { type },
  task_dispatcher: { type },
};

function create(logger?: Logger): Promise<QueueManager> {
  return QueueManager.create(config, { env: {}, adapters: [fakeAdapter()], logger });
}

function record(): { readonly shown: string[]; readonly observer: PortObserver } {
  const shown: string[] = [];
  const observer: PortObserver = {
    queue: ({ name }) => shown.push(`queue ${name}`),
    pubsub: () => shown.push('pubsub'),
    events: () => shown.push('events'),
    scheduler: () => shown.push('scheduler'),
    dispatcher: () => shown.push('dispatcher'),
  };
  return { shown, observer };
}

function askAll(manager: QueueManager): void {
  for (let time = 0; time < 2; time++) {
    manager.queue();
    manager.queue('media');
    manager.pubsub();
    manager.events();
    manager.scheduler();
    manager.dispatcher();
  }
}

const all = ['dispatcher', 'events', 'pubsub', 'queue media', 'queue tasks', 'scheduler'];

describe('manager: observers', () => {
  it('are shown each port once, as it is asked for first', async () => {
    await using manager = await create();
    const { shown, observer } = record();
    manager.observe(observer);
    assert.deepEqual(shown, []);
    askAll(manager);
    assert.deepEqual(shown.toSorted(), all);
  });

  it('are shown at once what was made before', async () => {
    await using manager = await create();
    askAll(manager);
    const { shown, observer } = record();
    manager.observe(observer);
    assert.deepEqual(shown.toSorted(), all);
  });

  it('see a queue before its workers start, so that they may add middleware', async () => {
    await using manager = await create();
    const seen: string[] = [];
    manager.observe({ queue: (queue) => queue.use({ process: (message, next) => next().finally(() => seen.push(message.type)) }) });
    await manager.start();
    const queue = manager.queue('media');
    queue.process('a', () => undefined);
    const settled = new Promise<void>((resolve) => queue.on('settled', () => resolve()));
    await queue.publish('a', 1);
    await settled;
    assert.deepEqual(seen, ['a']);
  });

  it('are shown no more after they ended it', async () => {
    await using manager = await create();
    const { shown, observer } = record();
    const end = manager.observe(observer);
    manager.queue();
    end();
    manager.queue('media');
    assert.deepEqual(shown, ['queue tasks']);
  });

  it('that throw are logged, and keep no port from who asked for it', async () => {
    const lines: LogLine[] = [];
    await using manager = await create(recordingLogger(lines));
    const { shown, observer } = record();
    manager.observe({
      queue: () => {
        throw new Error('broken');
      },
    });
    manager.observe(observer);
    assert.equal(manager.queue().name, 'tasks');
    assert.deepEqual(shown, ['queue tasks']);
    assert.ok(lines.some(({ message }) => message === 'an observer threw'));
  });
});
