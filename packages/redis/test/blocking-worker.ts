/** A worker process whose handler lets nothing else in it run for a while. Says each step on a line of its own. */
import { writeSync } from 'node:fs';
import { QueueManager } from '@quayside/core';

export interface BlockingWork {
  readonly url: string;
  readonly namespace: string;
  readonly heartbeat: 'event-loop' | 'thread';
  readonly visibilitySeconds: number;
  readonly blockMs: number;
  readonly maxBlockedSeconds?: number;
}

/** Not by the streams, which need the event loop. */
const say = (line: string) => writeSync(1, `${line}\n`);

const {
  url,
  namespace,
  heartbeat,
  visibilitySeconds,
  blockMs,
  maxBlockedSeconds = 600,
}: BlockingWork = JSON.parse(process.argv[2] ?? '{}');
const manager = await QueueManager.create(
  {
    namespace,
    message_queue: { type: 'redis', heartbeat, visibility_timeout: visibilitySeconds, max_blocked: maxBlockedSeconds },
    backends: { redis: { url } },
  },
  { env: {} },
);
const queue = manager.queue();
queue.process('work', (_, { attempt }) => {
  say(`started ${attempt}`);
  for (const end = performance.now() + blockMs; performance.now() < end; );
});
queue.on('settled', (_, { outcome }) => say(`settled ${outcome}`));
queue.on('lease-lost', () => say('lease-lost'));
process.once('disconnect', () => void manager.stop({ graceMs: 0 }));
await manager.start();
say('ready');
