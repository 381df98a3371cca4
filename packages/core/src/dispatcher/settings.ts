import { ConfigError, quote } from '../errors.js';
import type { DispatcherOptions } from '../ports/dispatcher.js';
import { durationToMs } from '../time/duration.js';

/** A dispatcher's options, checked and with every default filled in. */
export interface DispatcherSettings {
  readonly enableRouting: boolean;
  readonly enableCallbacks: boolean;
  readonly statusRetentionMs: number;
  readonly repairIntervalMs: number;
}

/** @throws ConfigError */
export function resolveDispatcherSettings(options: DispatcherOptions = {}): DispatcherSettings {
  const settings = {
    enableRouting: options.enableRouting ?? true,
    enableCallbacks: options.enableCallbacks ?? true,
    statusRetentionMs: durationToMs(options.statusRetention ?? '24h', 'statusRetention'),
    repairIntervalMs: durationToMs(options.repairInterval ?? '1m', 'repairInterval'),
  };
  if (settings.statusRetentionMs < 1 || settings.repairIntervalMs < 100) {
    const path = settings.statusRetentionMs < 1 ? 'statusRetention' : 'repairInterval';
    const least = path === 'statusRetention' ? 1 : 100;
    throw new ConfigError('the dispatcher options are wrong', [
      { path, message: `got ${quote(options[path])}; allowed is a duration from ${least} ms` },
    ]);
  }
  return settings;
}
