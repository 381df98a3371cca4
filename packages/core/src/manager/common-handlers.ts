import type { BusHandler } from '../ports/event-bus.js';
import type { Handler } from '../ports/handler.js';
import type { ChannelHandler } from '../ports/pubsub.js';
import { getGlobalQueueManager } from './global.js';
import type { OnManager } from './options.js';
import { type SystemEvent, systemChannel } from './system-events.js';

export type SystemEventHandlers = Readonly<Record<string, (event: SystemEvent) => unknown>>;

/** All that one service handles, by name. */
export interface CommonHandlers {
  /** By type, on the configured queue. */
  readonly tasks?: Readonly<Record<string, Handler>>;
  /** By name, on the scheduler. */
  readonly scheduled?: Readonly<Record<string, Handler>>;
  /** By channel or pattern. */
  readonly channels?: Readonly<Record<string, ChannelHandler>>;
  /** By event or pattern, on the event bus. */
  readonly events?: Readonly<Record<string, BusHandler>>;
  /** By the type of a system event; `'*'` hears those without one. */
  readonly systemEvents?: SystemEventHandlers;
}

/**
 * Registers a service's handlers in one call; where one can't be, none stays. Answers a function that removes them all.
 *
 * @example
 * await registerCommonHandlers({
 *   tasks: { speech_recognition: transcribe, emotion_detection: detect },
 *   scheduled: { room_cleanup: cleanUp },
 *   channels: { meeting_events: onMeeting },
 *   events: { model_loaded: onModel },
 *   systemEvents: { config_changed: reload },
 * });
 */
export async function registerCommonHandlers(handlers: CommonHandlers, options: OnManager = {}): Promise<() => Promise<void>> {
  const { manager = getGlobalQueueManager() } = options;
  const { tasks = {}, scheduled = {}, channels = {}, events = {}, systemEvents } = handlers;
  const removals: (() => unknown)[] = [];
  const removeAll = async (): Promise<void> => {
    await Promise.all(removals.splice(0).map((remove) => remove()));
  };
  try {
    for (const [name, handler] of Object.entries(events)) removals.push(manager.events().on(name, handler));
    const system = systemEvents === undefined ? [] : [[systemChannel, bySystemType(systemEvents)] as const];
    for (const [channel, handler] of [...Object.entries(channels), ...system]) {
      const subscription = await manager.pubsub().subscribe(channel, handler);
      removals.push(() => subscription.unsubscribe());
    }
    for (const [type, handler] of Object.entries(tasks)) {
      const registration = manager.queue().process(type, handler);
      removals.push(() => registration.remove());
    }
    for (const [name, handler] of Object.entries(scheduled)) {
      const registration = manager.scheduler().process(name, handler);
      removals.push(() => registration.remove());
    }
    return removeAll;
  } catch (error) {
    await removeAll();
    throw error;
  }
}

function bySystemType(handlers: SystemEventHandlers): ChannelHandler {
  return ({ payload }) => {
    const event = payload as SystemEvent;
    const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : handlers['*'];
    return handler?.(event);
  };
}
