import { ConfigError, type Issue, quote } from '../errors.js';
import type { EventBusOptions } from '../ports/event-bus.js';

export type EventBusSettings = Required<EventBusOptions>;

/** Checks all options at once. @throws ConfigError that lists every issue. */
export function resolveSettings(options: EventBusOptions = {}): EventBusSettings {
  const issues: Issue[] = [];
  const whole = (name: keyof EventBusOptions, fallback: number, most: number): number => {
    const value: unknown = options[name] ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
    issues.push({ path: name, message: `got ${quote(value)}; allowed is a whole number from 1 to ${most}` });
    return fallback;
  };
  const settings = { workers: whole('workers', 4, 10_000), bufferSize: whole('bufferSize', 1_000, 10_000_000) };
  if (issues.length > 0) throw new ConfigError('the event bus options are wrong', issues);
  return settings;
}
