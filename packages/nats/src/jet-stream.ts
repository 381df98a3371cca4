import { CapacityError, ConfigError, ConnectionError, type PublishFate, UnsupportedFeatureError } from '@quayside/core';
import {
  AckPolicy,
  type ApiError,
  DeliverPolicy,
  DiscardPolicy,
  ErrorCode,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
} from 'nats';
import { describeFailure } from './failure.js';

/** What is kept, and how much of it. */
export interface StreamSettings {
  readonly name: string;
  readonly subject: string;
  readonly replicas: number;
  /** 0: no limit. */
  readonly maxAgeMs: number;
  /** -1: no limit but the server's. */
  readonly maxBytes: number;
}

/** What the server hands out of a stream to those who share a durable name. */
export interface ConsumerSettings {
  readonly stream: string;
  readonly name: string;
  readonly subject: string;
  /** How long the server waits for a word about a message before it hands it out again. */
  readonly ackWaitMs: number;
}

/** Of one call to the server. A publish has a bound of its own besides, core's. */
const answerBoundMs = 5_000;
const storeBoundMs = 30_000;

/** Numbers of JetStream's errors, as its server's errors.json lists them. */
const missingConsumer = 10014;
const missingStream = 10059;
const noJetStream = [10039, 10076];
const otherStreamOfThatName = 10058;

const forbidden = "the server's permissions do not allow";

/** JetStream's side of one connection. Its calls end with the connection. */
export class JetStream {
  readonly #client: NatsConnection;

  constructor(client: NatsConnection) {
    this.#client = client;
  }

  /**
   * Makes the stream, unless it is there: then its limits stay as they are. Resolves when it answers, which in a cluster that has just
   * started takes until somebody leads it. A message is kept only until every consumer of its subject has handled it, and not at all where
   * there is none.
   * @throws UnsupportedFeatureError (no JetStream), ConfigError (another stream is in the way, or the limits are refused), CapacityError (a
   * permission is missing), ConnectionError.
   */
  async openStream(settings: StreamSettings): Promise<void> {
    const { name, subject } = settings;
    try {
      const { config } = await (await this.#manager()).streams.info(name);
      if (config.subjects.includes(subject) && config.retention === RetentionPolicy.Interest) return;
      const found = `subjects ${config.subjects.join(', ')}, retention ${config.retention}`;
      throw new ConfigError(`the stream ${name} is not one of Quayside's, which keeps ${subject} by interest: found ${found}`);
    } catch (error) {
      const isMissing = jetStreamProblem(error)?.err_code === missingStream;
      return isMissing ? this.#makeStream(settings) : throwStreamFailure(name, error);
    }
  }

  /** Makes it, unless it is there. @throws ConnectionError, CapacityError (the server refuses). */
  async makeConsumer({ stream, name, subject, ackWaitMs }: ConsumerSettings): Promise<void> {
    try {
      const manager = await this.#manager();
      await manager.consumers.add(stream, {
        durable_name: name,
        filter_subject: subject,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        deliver_policy: DeliverPolicy.New,
        // Each subscription bounds what it takes: a bound for all together would let one that is slow hold up the others.
        max_ack_pending: -1,
      });
    } catch (error) {
      const problem = jetStreamProblem(error);
      if (hasCode(error, ErrorCode.PermissionsViolation)) throw new CapacityError(`${forbidden} durable subscriptions`);
      if (problem !== undefined) throw new CapacityError(`the server refuses the durable subscription: ${problem.description}`);
      throw new ConnectionError(`the durable subscription could not be made: ${describeFailure(error)}`);
    }
  }

  /** False where there was none. @throws ConnectionError */
  async deleteConsumer(stream: string, name: string): Promise<boolean> {
    try {
      return await (await this.#manager()).consumers.delete(stream, name);
    } catch (error) {
      if ([missingConsumer, missingStream].includes(jetStreamProblem(error)?.err_code ?? 0)) return false;
      throw new ConnectionError(`the durable subscription could not be deleted: ${describeFailure(error)}`);
    }
  }

  /**
   * Publishes, and resolves when the stream has it.
   * @throws ConnectionError, CapacityError (a limit is reached, or a permission missing), with what is known of the message.
   */
  async store(subject: string, body: Uint8Array): Promise<void> {
    let problem: ApiError | undefined;
    try {
      const reply = await this.#client.request(subject, body, { timeout: storeBoundMs });
      problem = reply.json<{ readonly error?: ApiError }>().error;
    } catch (error) {
      throw storeFailure(subject, error);
    }
    // Refused by the stream only: those who listen now have it.
    if (problem !== undefined) throw new CapacityError(`the stream does not keep it: ${problem.description}`, { outcome: 'unknown' });
  }

  #manager(): Promise<JetStreamManager> {
    return this.#client.jetstreamManager({ checkAPI: false, timeout: answerBoundMs });
  }

  async #makeStream(settings: StreamSettings): Promise<void> {
    const { name, subject, replicas, maxAgeMs, maxBytes } = settings;
    try {
      const manager = await this.#manager();
      await manager.streams.add({
        name,
        subjects: [subject],
        retention: RetentionPolicy.Interest,
        // Past its limit it refuses what is new: what it has confirmed it keeps.
        discard: DiscardPolicy.New,
        num_replicas: replicas,
        max_age: nanos(maxAgeMs),
        max_bytes: maxBytes,
      });
    } catch (error) {
      // Another process was faster, and has other limits.
      if (jetStreamProblem(error)?.err_code === otherStreamOfThatName) return this.openStream(settings);
      throwStreamFailure(name, error);
    }
  }
}

function throwStreamFailure(name: string, error: unknown): never {
  if (error instanceof ConfigError) throw error;
  const problem = jetStreamProblem(error);
  if (noJetStream.includes(problem?.err_code ?? 0) || hasCode(error, ErrorCode.NoResponders)) {
    throw new UnsupportedFeatureError('the NATS server', ['jetStream: it runs without JetStream, or not for this account']);
  }
  if (hasCode(error, ErrorCode.PermissionsViolation)) throw new CapacityError(`${forbidden} to look for the stream ${name}, or to make it`);
  if (problem !== undefined) throw new ConfigError(`the server refuses the stream ${name}: ${problem.description}`);
  throw new ConnectionError(`the stream ${name} does not answer: ${describeFailure(error)}`);
}

function storeFailure(subject: string, error: unknown): Error {
  if (hasCode(error, ErrorCode.PermissionsViolation)) {
    return new CapacityError(`${forbidden} to publish on '${subject}'`, { outcome: 'not-published' });
  }
  // Nobody at all has it.
  const outcome: PublishFate = hasCode(error, ErrorCode.NoResponders) ? 'not-published' : 'unknown';
  return new ConnectionError(`the stream did not confirm it: ${describeFailure(error)}`, { outcome, cause: error });
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof NatsError && error.code === code;
}

function jetStreamProblem(error: unknown): ApiError | undefined {
  return error instanceof NatsError ? (error.jsError() ?? undefined) : undefined;
}
