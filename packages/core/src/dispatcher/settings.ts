import { ConfigError, type Issue, quote } from '../errors.js';
import type { DispatcherOptions } from '../ports/dispatcher.js';
import { type Duration, durationToMs } from '../time/duration.js';

/** A dispatcher's options, checked and with every default filled in. */
export interface DispatcherSettings {
  readonly enableRouting: boolean;
  readonly enableCallbacks: boolean;
  readonly statusRetentionMs: number;
  readonly repairIntervalMs: number;
}

/** @throws ConfigError with every issue at once */
export function resolveDispatcherSettings(options: DispatcherOptions = {}): DispatcherSettings {
  const issues: Issue[] = [];
  const duration = (value: Duration, path: string, least: number) => {
    const ms = durationToMs(value, path);
    if (ms < least) issues.push({ path, message: `got ${quote(value)}; allowed is a duration from ${least} ms` });
    return ms;
  };
  const settings = {
    enableRouting: options.enableRouting ?? true,
    enableCallbacks: options.enableCallbacks ?? true,
    statusRetentionMs: duration(options.statusRetention ?? '24h', 'statusRetention', 1),
    repairIntervalMs: duration(options.repairInterval ?? '1m', 'repairInterval', 100),
  };
  if (issues.length > 0) throw new ConfigError('the dispatcher options are wrong', issues);
  return settings;
}
