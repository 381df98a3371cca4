/**
 * The config as it is written: every section and key, with its unit. Keys are in camelCase here; files write them in snake_case,
 * and both are accepted. A key that is absent is left to the engine's own default, which `default` repeats for editors.
 */
import { z } from 'zod';
import { priorities } from '../message/message.js';
import { allowing, duration, flag, name, oneOf, open, section, text, whole } from './fields.js';
import type { EitherCase } from './keys.js';

const allowedTypes = 'memory, redis, bullmq, nats, the name of a package, or a path (./adapter.js)';

const enabled = flag({ description: 'false leaves the component out: asking the manager for it is an error.', default: true });
const type = text(allowedTypes).meta({
  description: `The backend: ${allowedTypes}. redis_pubsub and local are other names of redis and memory.`,
  examples: ['memory', 'redis', 'bullmq', 'nats'],
});
const connection = open({
  description: "Options for this section's backend, over those in backends. They set this section on connections of its own.",
});
const publishTimeout = duration('seconds', 1, { description: 'Bound of one publish.', default: 5 });
const publishBuffer = whole(1, 10_000_000, { description: 'Publishes waiting for the server at the most.', default: 10_000 });
const maxPayloadBytes = whole(1, 512 * 1024 * 1024, { description: 'Bytes of an encoded payload.', default: 1024 * 1024 });
const repairInterval = duration('seconds', 1000, { description: 'How often the repair pass looks.', default: 60 });

const backoff = section({
  type: z.enum(['exponential', 'fixed'], allowing('exponential, fixed')),
  delay: duration('seconds', 0, { description: 'Before the first retry.', default: 1 }),
  maxDelay: duration('seconds', 0, { description: 'The longest delay.', default: 300 }),
  jitter: oneOf(['none', 'full', 'equal'], { description: 'full draws from 0 to the delay, equal from half of it.', default: 'full' }),
});

const weight = z.int().min(1).max(1000);
const policyForms = 'strict, or { weighted: { critical, high, normal, low } } with whole numbers from 1 to 1000';
const weighted = z.strictObject({
  weighted: z.strictObject(
    Object.fromEntries(priorities.map((level) => [level, weight])) as Record<(typeof priorities)[number], typeof weight>,
  ),
});

const messageQueue = section({
  enabled,
  type,
  connection,
  queueName: name({ description: 'The queue that manager.queue() hands out.', default: 'default' }),
  workers: whole(1, 10_000, { description: 'Handlers at a time in this process.', default: 4 }),
  visibilityTimeout: duration('seconds', 10, {
    description: 'How long a claim holds a message; renewed while its handler runs.',
    default: 30,
  }),
  pollInterval: duration('milliseconds', 1, { description: 'How often to look where the backend cannot tell.', default: 100 }),
  maxRetries: whole(0, 1_000_000, { description: 'Retries after the first attempt.', default: 3 }),
  enableDeadLetterQueue: flag({ description: 'false: an exhausted message is discarded and counted.', default: true }),
  deadLetterExpired: flag({ description: 'An expired message goes to the dead letters instead of being dropped.', default: false }),
  backoff: backoff.optional().meta({ description: 'The delay before a retry.' }),
  timeout: duration('seconds', 1, { description: 'Of one attempt: its signal is aborted and it fails.', default: 1800 }),
  priorityPolicy: z
    .union([z.literal('strict'), weighted], allowing(policyForms))
    .optional()
    .meta({
      description: 'strict: while a critical message waits no lower one is handed out. weighted: each level has its share.',
      default: 'strict',
    }),
  publishTimeout,
  publishBuffer,
  maxPayloadBytes,
  prefetch: duration('milliseconds', 0, {
    description: 'How far ahead a worker claims, in time of its handlers. 0: nothing ahead.',
    default: 5,
  }),
  heartbeat: oneOf(['event-loop', 'thread'], {
    description: 'Who renews leases. thread: a thread with connections of its own does while the event loop is blocked, up to max_blocked.',
    default: 'event-loop',
  }),
  maxBlocked: duration('seconds', 0, {
    description: 'After a longer block of the event loop, leases whose time has passed are given up.',
    default: 600,
  }),
});

const pubsub = section({
  enabled,
  type: type.optional(),
  connection,
  bufferSize: whole(1, 10_000_000, {
    description: 'Events waiting for a handler; past it the oldest is dropped, counted and told.',
    default: 1000,
  }),
  concurrency: whole(1, 10_000, { description: "Handlers at a time for one subscription; 1 keeps a publisher's order.", default: 1 }),
  publishTimeout,
  publishBuffer,
  maxPayloadBytes,
});

const eventBus = section({
  enabled,
  type: type.optional().meta({ description: `local: events stay in this process. Else one of: ${allowedTypes}.`, default: 'local' }),
  connection,
  bufferSize: whole(1, 10_000_000, { description: 'Asynchronous handler calls waiting at the most.', default: 1000 }),
  workers: whole(1, 10_000, { description: 'Asynchronous handlers at a time.', default: 4 }),
});

const taskScheduler = section({
  enabled,
  type: type.optional(),
  connection,
  bufferSize: whole(1, 10_000_000, { description: 'Tasks due and waiting at the most.', default: 1000 }),
  workers: whole(1, 10_000, { description: 'Runs at a time in this process.', default: 8 }),
  enableDelayedTasks: flag({ description: 'false refuses delays.', default: true }),
  statusRetention: duration('seconds', 1000, { description: 'How long an ended schedule can be read.', default: 86_400 }),
  repairInterval,
});

const targets = allowing('the name of a queue, or a list of them');
const route = section({
  name: text('a name').optional().meta({ description: 'Shown in the statistics.' }),
  type: text('a task type or pattern').optional().meta({ description: 'A task type, or a pattern: media.*, ai.>' }),
  headers: z
    .record(z.string(), z.string(allowing('text')), allowing('an object of texts'))
    .optional()
    .meta({ description: 'Headers that a task must have.' }),
  to: z.union([z.string(), z.array(z.string()).min(1, targets)], targets),
  strategy: oneOf(['first', 'round-robin', 'least-loaded'], { description: 'How to choose among several queues.', default: 'first' }),
});

const taskDispatcher = section({
  enabled,
  type: type.optional(),
  connection,
  enableRouting: flag({ description: 'false: every task goes to the default queue.', default: true }),
  enableCallbacks: flag({ description: 'false: callbacks are refused.', default: true }),
  routes: z.array(route, allowing('a list of routes')).optional().meta({ description: 'Tried in order; the first match wins.' }),
  statusRetention: duration('seconds', 1000, { description: 'How long a finished task can be read.', default: 86_400 }),
  repairInterval,
});

/** Every component's section, by its key. */
export const sections = { messageQueue, pubsub, eventBus, taskScheduler, taskDispatcher } as const;
export type SectionKey = keyof typeof sections;
export const sectionKeys = Object.keys(sections) as readonly SectionKey[];

export const configSchema = section({
  $schema: z.string(allowing('text')).optional().meta({ description: 'For editors; means nothing to Quayside.' }),
  namespace: name({ description: 'Sets this system apart from others on the same server.', default: 'quayside' }),
  stopGrace: duration('seconds', 0, { description: 'How long running handlers may go on when the manager stops.', default: 5 }),
  connectTimeout: duration('seconds', 1, { description: 'Bound of connecting to all backends.', default: 10 }),
  unsupported: oneOf(['error', 'emulate'], {
    description: 'What to do with an option that a backend cannot honour: refuse it, or let Quayside do it where it can.',
    default: 'error',
  }),
  backends: open({
    description: "Each backend's own options by type: { redis: { url } }. Sections of one type share one set of connections.",
  }),
  messageQueue: messageQueue.optional().meta({ description: 'Work that must not be lost.' }),
  pubsub: pubsub.optional().meta({
    description: 'Events to everybody who listens now. Absent: on the type of event_bus where that is remote, else of message_queue.',
  }),
  eventBus: eventBus.optional().meta({ description: 'Events to the handlers of this process, or of all.' }),
  taskScheduler: taskScheduler.optional().meta({ description: 'Work at a time. Absent type: that of message_queue.' }),
  taskDispatcher: taskDispatcher
    .optional()
    .meta({ description: 'Work whose status and result somebody wants. Absent type: that of message_queue.' }),
});

/** A checked config: keys in camelCase, durations in milliseconds. */
export type CheckedConfig = z.output<typeof configSchema>;
/** A config as an object in code: what the file holds, keys in snake_case or camelCase. */
export type QuaysideConfig = EitherCase<z.input<typeof configSchema>>;
