import type { StandardSchemaV1 } from '@standard-schema/spec';
import { readOptions } from '../call-options.js';
import { ConfigError, isInstanceOf, quote } from '../errors.js';

/** A declared message type: its schema, and where it has one its version and the way up from older ones. */
export interface MessageDefinition<S extends StandardSchemaV1 = StandardSchemaV1> {
  readonly schema: S;
  /** From 1. A worker that meets a newer version gives the message back, uncounted. Default 1. */
  readonly version?: number;
  /** `upcast[n]` turns a payload of version n into one of version n + 1. */
  readonly upcast?: Readonly<Record<number, (payload: unknown) => unknown>>;
}

type SchemaOf<D> = D extends MessageDefinition<infer S> ? S : D;
type PayloadOf<D> = SchemaOf<D> extends StandardSchemaV1<infer Input, unknown> ? Input : never;

/** Declared message types. `M` is the map from type to payload that follows from the schemas. */
export interface MessageDefinitions<M extends object> {
  readonly byType: ReadonlyMap<keyof M & string, MessageDefinition>;
}

/** @throws ConfigError where it is given and is not what `defineMessages` made */
export function checkDefinitions(given: unknown): void {
  if (given === undefined || (isObject(given) && isInstanceOf(Reflect.get(readOptions(given, 'definitions'), 'byType'), Map))) return;
  throw new ConfigError('the definitions are wrong', [
    { path: 'definitions', message: `got ${quote(given)}; allowed is what defineMessages() answers` },
  ]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Declares message types by any Standard Schema (zod, valibot, arktype …): checked at publish and again at delivery.
 *
 * @example
 * const meetingTasks = defineMessages({
 *   speech_recognition: z.object({ meetingId: z.string(), track: z.string() }),
 *   emotion_detection: { version: 2, schema: emotion, upcast: { 1: (old) => ({ ...old, language: 'en' }) } },
 * });
 * const queue = manager.queue(meetingTasks);
 */
export function defineMessages<const D extends Readonly<Record<string, StandardSchemaV1 | MessageDefinition>>>(
  definitions: D,
): MessageDefinitions<{ [T in keyof D]: PayloadOf<D[T]> }> {
  const byType = new Map<string, MessageDefinition>();
  for (const [type, definition] of Object.entries(definitions)) {
    byType.set(type, '~standard' in definition ? { schema: definition } : definition);
  }
  return { byType: byType as ReadonlyMap<keyof D & string, MessageDefinition> };
}
