import {
  type Clock,
  ClosedError,
  ConfigError,
  type Page,
  quote,
  type RecordCondition,
  type RecordRemoval,
  type RecordStore,
  type RecordWrite,
  type StoredRecord,
  type WriteOutcome,
} from '@quayside/core';
import { wholeMs } from './exchange-call.js';
import { listRecordsScript, readRecordsScript, writeRecordsScript } from './generated/scripts.js';
import { recordKeys } from './keys.js';
import { type Argument, type CommandSender, runScript, type Script } from './scripts.js';
import { timeArgument } from './store-time.js';

export interface RecordStoreParts {
  readonly commands: CommandSender;
  readonly clock: Clock;
  readonly namespace: string;
}

/** What HGETALL answers: names and values in turn. */
type Flat = readonly string[];

/** Records of one kind. They are listed in the order of their first write; those of one state, in the order in which they came to it. */
export class RedisRecordStore implements RecordStore {
  readonly #kind: string;
  readonly #parts: RecordStoreParts;
  readonly #keys: readonly string[];
  #isClosed = false;

  constructor(kind: string, parts: RecordStoreParts) {
    this.#kind = kind;
    this.#parts = parts;
    this.#keys = recordKeys(parts.namespace, kind);
  }

  async write(writes: readonly (RecordWrite | RecordRemoval)[]): Promise<readonly WriteOutcome[]> {
    const answers = (await this.#run(writeRecordsScript, writes.flatMap(writeArguments))) as readonly (number | Flat)[];
    return answers.map((answer, index): WriteOutcome => {
      if (typeof answer === 'number') return { status: 'written', revision: answer };
      return { status: 'refused', current: toRecord(writes[index]?.key ?? '', answer) };
    });
  }

  async read(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    const answers = (await this.#run(readRecordsScript, keys)) as readonly Flat[];
    return answers.map((answer, index) => toRecord(keys[index] ?? '', answer));
  }

  async list(state: string | undefined, cursor: string | undefined, limit: number): Promise<Page<StoredRecord>> {
    if (cursor !== undefined && !/^[0-9a-f]{16}/.test(cursor)) {
      const message = `got ${quote(cursor)}; allowed is what the page before answered, for the same list`;
      throw new ConfigError('not a cursor', [{ path: 'cursor', message }]);
    }
    const listed = state === undefined ? '' : `=${state}`;
    const [next, ...found] = (await this.#run(listRecordsScript, [limit, listed, cursor ?? ''])) as [string, ...(string | Flat)[]];
    const items: StoredRecord[] = [];
    for (let at = 0; at < found.length; at += 2) {
      const record = toRecord(found[at] as string, found[at + 1] as Flat);
      if (record !== undefined) items.push(record);
    }
    return next === '' ? { items } : { items, cursor: next };
  }

  /** Every later call rejects. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(script: Script, args: readonly Argument[]): Promise<unknown> {
    if (this.#isClosed) throw new ClosedError(`the store of ${this.#kind}`);
    return runScript(this.#parts.commands, script, this.#keys, [timeArgument(this.#parts.clock), ...args]);
  }
}

function writeArguments(write: RecordWrite | RecordRemoval): Argument[] {
  if ('remove' in write) return [write.key, 'x'];
  const fields = Object.entries(write.fields ?? {});
  return [
    write.key,
    ...conditionArguments(write.when),
    write.state,
    fields.length,
    ...fields.flatMap(([name, value]) => [name, optional(value)]),
    optional(write.append),
    write.expiresInMs === undefined ? '' : wholeMs(write.expiresInMs),
  ];
}

function conditionArguments(when: RecordCondition): Argument[] {
  if (when === 'absent') return ['a'];
  if (when === 'any') return ['*'];
  return 'state' in when ? [`s${when.state.length}`, ...when.state] : [`r${when.revision}`];
}

function optional(text: string | undefined): string {
  return text === undefined ? '' : `+${text}`;
}

/** `scripts/parts/record.lua` names what is in it. */
function toRecord(key: string, flat: Flat): StoredRecord | undefined {
  if (flat.length === 0) return undefined;
  let state = '';
  let revision = 0;
  const fields = new Map<string, string>();
  const log: string[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const [name = '', value = ''] = [flat[at], flat[at + 1]];
    if (name === 's') state = value;
    else if (name === 'r') revision = Number(value);
    else if (name.startsWith('f')) fields.set(name.slice(1), value);
    else if (name.startsWith('l')) log[Number(name.slice(1)) - 1] = value;
  }
  return { key, state, fields: Object.fromEntries(fields), log, revision };
}
