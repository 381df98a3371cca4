import { type ConnectionState, type Logger, systemClock } from '@quayside/core';
import { Command, type Redis } from 'ioredis';
import { notConnected, refusalCode, toQuaysideError } from './errors.js';
import { LastingLine } from './lasting-line.js';
import type { CommandSide } from './pubsub-transport.js';
import { ScriptCommand } from './script-command.js';
import { type Argument, type CommandSender, isUnknownScript, type Script } from './scripts.js';

/** The connection of a process that asks: every queue, record and publish goes through it. */
export interface Commands extends CommandSender, CommandSide {
  readonly state: ConnectionState;
  /** When the server last answered, by the machine's monotonic clock. */
  readonly lastAnswerAt: number;
  /** The first connection; call it once. @throws ConnectionError, and then it is closed. */
  connect(): Promise<void>;
  /** At once. What is under way rejects with outcome `unknown`. Idempotent. */
  close(): void;
}

export interface SingleCommandsParts {
  /** Makes a client as `Line.open` wants it. */
  readonly dial: () => Redis;
  readonly logger: Logger;
}

/** The commands of one server. Without a connection a command is refused at once, and certainly not sent. */
export class SingleCommands implements Commands {
  readonly #line: LastingLine;
  #lastAnswerAt = 0;

  constructor(parts: SingleCommandsParts) {
    this.#line = new LastingLine({ ...parts, name: 'command' });
  }

  get state(): ConnectionState {
    return this.#line.state;
  }

  get lastAnswerAt(): number {
    return this.#lastAnswerAt;
  }

  get publisher(): Redis | undefined {
    return this.#line.client;
  }

  connect(): Promise<void> {
    return this.#line.connect();
  }

  send(name: string, args: readonly Argument[]): Promise<unknown> {
    return this.#send(toCommand(name, args));
  }

  evalsha(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#send(new ScriptCommand(script, keys, args));
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#line.onState(listener);
  }

  close(): void {
    this.#line.close();
  }

  async #send(command: Command): Promise<unknown> {
    const { client } = this.#line;
    if (client === undefined) throw notConnected();
    try {
      const answer = await client.sendCommand(command);
      this.#lastAnswerAt = systemClock.monotonic();
      return answer;
    } catch (error) {
      // A failover made a replica of it.
      if (refusalCode(error) === 'READONLY' && this.#line.client === client) this.#line.leave('the server is a replica now');
      throw isUnknownScript(error) ? error : toQuaysideError(error);
    }
  }
}

export function toCommand(name: string, args: readonly Argument[]): Command {
  // It copies the arguments.
  return new Command(name, args as Argument[], { replyEncoding: 'utf8' });
}
