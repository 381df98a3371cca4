/** Every key of the config, found in the schema that ships for editors: a new one is fuzzed by itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ConfigError, type QuaysideConfig, QuaysideError, QueueManager } from '@quayside/core';
import { SuiteAdapter } from '../manager/suite-adapter.js';
import type { Scope } from '../scope.js';
import type { FuzzCase } from './cases.js';
import { type Hostile, hostileTexts, hostileValues } from './hostile.js';
import { type Answer, complaintAbout } from './oracle.js';
import { Outbreaks } from './outbreaks.js';
import { isPlainObject, type Slot } from './slots.js';

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

interface ConfigKey {
  readonly path: readonly (string | number)[];
  readonly node: SchemaNode;
}

/** Twenty issues, each with all keys of a section. */
const longestText = 10_000;

/** No error may show it. */
const secret = 'hunter2-is-no-password';

/** Every section is there: only a backend of all ports can stand behind them. */
const whole = 'dispatcher';

/** What each section holds where another key of it is tried. */
const sound = {
  backends: { suite: { password: secret, url: `redis://someone:${secret}@localhost` } },
  message_queue: { type: 'suite' },
  pubsub: { type: 'suite' },
  event_bus: { type: 'suite' },
  task_scheduler: { type: 'suite' },
  task_dispatcher: { type: 'suite' },
} as const satisfies QuaysideConfig;

function readSchema(): SchemaNode {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve('@quayside/core/schema.json'), 'utf8')) as SchemaNode;
}

function keysIn(node: SchemaNode, path: ConfigKey['path']): readonly ConfigKey[] {
  const properties = Object.entries(node.properties ?? {}).flatMap(([key, child]) => keysIn(child, [...path, key]));
  const items = node.items === undefined ? [] : keysIn(node.items, [...path, 0]);
  const forms = (node.anyOf ?? []).flatMap((form) => keysIn(form, path).slice(1));
  return [{ path, node }, ...properties, ...items, ...forms];
}

/** The type that the schema names; the rest is for the check itself to say. */
function takes(node: SchemaNode, value: unknown): boolean {
  if (value === undefined) return true;
  if (node.const !== undefined) return value === node.const;
  if (node.anyOf !== undefined) return node.anyOf.some((form) => takes(form, value));
  const types = node.type === undefined ? undefined : [node.type].flat();
  if (types === undefined) return true;
  return types.some((type) => isOfType(type, value));
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isPlainObject(value);
    case 'array':
      return typeof value === 'object' && value !== null;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function withValue(node: unknown, [key, ...rest]: ConfigKey['path'], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof key === 'number') return [withValue({ to: 'default' }, rest, value)];
  const owner = isPlainObject(node) ? node : {};
  return { ...owner, [key]: withValue(Object.hasOwn(owner, key) ? owner[key] : undefined, rest, value) };
}

/** What `create` makes of a config. A manager is stopped at once. */
async function create(scope: Scope, config: unknown): Promise<Answer> {
  const { time, logger, namespace, harness } = scope;
  const adapters = [new SuiteAdapter(harness, time)];
  const created = QueueManager.create(config as QuaysideConfig, { adapters, clock: time.clock, logger, env: {} }).then(
    async (manager): Promise<Answer> => {
      await manager.stop({ graceMs: 0 });
      return { status: 'taken', value: namespace };
    },
    (error: unknown): Answer => ({ status: 'refused', error }),
  );
  return scope.settles('15s', created, 'create settles').catch((): Answer => ({ status: 'hangs' }));
}

async function complaintsAbout(scope: Scope, key: ConfigKey, values: readonly Hostile[]): Promise<readonly string[]> {
  const names = key.path.map(String);
  const slot: Slot = { sample: () => undefined, takes: (value) => takes(key.node, value), isPayload: true, noun: nounOf(key), longestText };
  const complaints: string[] = [];
  for (const value of values) {
    const answer = await create(scope, withValue({ ...sound, namespace: scope.namespace }, key.path, value.make()));
    const complaint = complaintAbout(answer, { index: 0, path: names, slot }, value.make()) ?? leakIn(answer);
    if (complaint !== undefined) complaints.push(`${value.name} ${complaint}`);
  }
  return complaints;
}

/** A section's type is told by the module that it names. */
function nounOf({ path }: ConfigKey): RegExp {
  const last = String(path.at(-1) ?? 'config');
  const own = last.replace('$', '\\$');
  return new RegExp(last === '0' ? 'routes' : `${own}|${camelCase(own)}|type`);
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function leakIn(answer: Answer): string | undefined {
  if (answer.status !== 'refused' || !(answer.error instanceof QuaysideError)) return undefined;
  const { error } = answer;
  const said = `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)}`;
  return said.includes(secret) ? 'is refused with a secret of the config in the error' : undefined;
}

async function tryKey(scope: Scope, key: ConfigKey): Promise<void> {
  const outbreaks = Outbreaks.watch();
  scope.onEnd(() => outbreaks.end());
  const complaints = await complaintsAbout(scope, key, hostileValues);
  assert.equal(complaints.length, 0, `\n${complaints.slice(0, 12).join('\n')}`);
  assert.equal((await outbreaks.settled()).length, 0, 'nobody caught an error');
}

/** Keys that nobody knows are refused in every section. */
async function tryUnknownKeys(scope: Scope, path: ConfigKey['path']): Promise<void> {
  for (const text of hostileTexts) {
    const key = String(text.make());
    const answer = await create(scope, withValue({ ...sound, namespace: scope.namespace }, [...path, `${key}?`], 1));
    assert.ok(
      answer.status === 'refused' && answer.error instanceof ConfigError,
      `${text.name} as a key of ${path.join('.')}: ${answer.status}`,
    );
    assert.ok(answer.error.message.length < longestText, `${text.name} as a key: a text of ${answer.error.message.length} characters`);
  }
}

export function configCases(): readonly FuzzCase[] {
  const [, ...keys] = keysIn(readSchema(), []);
  const sections = Object.keys(sound).filter((key) => key !== 'backends');
  return [
    { id: 'Config', title: 'the whole of it', port: whole, run: (scope) => tryKey(scope, { path: [], node: { type: 'object' } }) },
    ...keys.map((key): FuzzCase => ({ id: 'Config', title: `key ${key.path.join('.')}`, port: whole, run: (scope) => tryKey(scope, key) })),
    ...[[], ...sections.map((section) => [section])].map(
      (path): FuzzCase => ({
        id: 'Config',
        title: `unknown keys in ${path.join('.') || 'the whole'}`,
        port: whole,
        run: (scope) => tryUnknownKeys(scope, path),
      }),
    ),
  ];
}
