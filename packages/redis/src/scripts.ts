import { isRefusal } from './failure.js';

/** A Lua script, as `scripts/inline-lua.mjs` wrote it down. */
export interface Script {
  readonly name: string;
  /** By which the server knows a script that it has run before. */
  readonly sha: string;
  readonly source: string;
}

export type Argument = string | number;

/** Whoever sends a command to the server that holds its keys. */
export interface CommandSender {
  /** @throws ConnectionError, CapacityError, or the server's own refusal where it means something to the caller (NOSCRIPT). */
  send(name: string, args: readonly Argument[]): Promise<unknown>;
  /** The same for EVALSHA, by whoever encodes the keys of a store once for all its calls. */
  evalsha?(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
}

/** Runs a script by its name; a server that does not know it (new, restarted, flushed) is given the source once. */
export async function runScript(
  sender: CommandSender,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const rest = () => [keys.length, ...keys, ...args];
  try {
    if (sender.evalsha !== undefined) return await sender.evalsha(script, keys, args);
    return await sender.send('evalsha', [script.sha, ...rest()]);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return sender.send('eval', [script.source, ...rest()]);
  }
}

/** It certainly did not run. */
export function isUnknownScript(error: unknown): boolean {
  return isRefusal(error) && error.message.startsWith('NOSCRIPT');
}
