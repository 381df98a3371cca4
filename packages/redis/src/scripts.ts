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
}

/** Runs a script by its name; a server that does not know it (new, restarted, flushed) is given the source once. */
export async function runScript(
  sender: CommandSender,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const call = [script.sha, keys.length, ...keys, ...args];
  try {
    return await sender.send('evalsha', call);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    call[0] = script.source;
    return sender.send('eval', call);
  }
}

/** It certainly did not run. */
export function isUnknownScript(error: unknown): boolean {
  return isRefusal(error) && error.message.startsWith('NOSCRIPT');
}
