import { type DeadReason, type FoundMessage, type MessageState, priorities, type StoredMessage } from '@quayside/core';

/** A level as the scripts write it: its place among `priorities`, or -1. */
export function levelOf(message: StoredMessage): number {
  return priorities.indexOf(message.priority);
}

/**
 * What lies in the hash of messages: level and type, a blank and the deduplication id where there is one; a line of meta; the payload.
 * The scripts read the first line alone.
 */
export function packMessage(message: StoredMessage): string {
  const head = `${levelOf(message)}${message.type}`;
  const window = message.deduplication === undefined ? '' : ` ${message.deduplication.id}`;
  return `${head}${window}\n${message.meta}\n${message.payload}`;
}

/** What somebody damaged by hand comes with a meta that core can't read, and so ends dead as `corrupt`. */
export function unpackMessage(id: string, body: string): StoredMessage {
  const endOfHead = body.indexOf('\n');
  const endOfMeta = body.indexOf('\n', endOfHead + 1);
  const priority = priorities[body.charCodeAt(0) - digitZero];
  if (endOfHead < 1 || endOfMeta < 0 || priority === undefined) {
    return { id, type: 'corrupt', priority: 'normal', payload: '', meta: body === '' ? '?' : body };
  }
  const head = body.slice(1, endOfHead);
  const blank = head.indexOf(' ');
  return {
    id,
    type: blank < 0 ? head : head.slice(0, blank),
    priority,
    payload: body.slice(endOfMeta + 1),
    meta: endOfMeta === endOfHead + 1 ? '' : body.slice(endOfHead + 1, endOfMeta),
  };
}

const digitZero = 48;

const states: Readonly<Record<string, MessageState>> = { w: 'waiting', d: 'delayed', a: 'active', x: 'dead' };

/** A message as the scripts show it (`scripts/parts/show.lua`); `history` as `scripts/parts/history.lua` has it. */
export function toFoundMessage(id: string, body: string, history: string, errors: string, at: string): FoundMessage {
  const [starts = 0, deliveries = 0, redrives = 0] = history.slice(37).split(' ', 3).map(Number);
  const reason = history.slice(37).split(' ')[3];
  return {
    message: unpackMessage(id, body),
    state: states[history.charAt(0)] ?? 'waiting',
    starts,
    deliveries,
    redrives,
    errors: errors === '' ? [] : errors.split('\n'),
    reason: reason as DeadReason | undefined,
    at: at === '' ? undefined : Number(at),
  };
}
