import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { configJsonSchema } from '#src/config/json-schema.js';
import { resolveSettings } from '#src/queue/settings.js';

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: unknown;
}

const schema = configJsonSchema() as Node;

describe('config: JSON Schema', () => {
  it('quayside.schema.json is what the config schema says: run packages/core/scripts/config-schema.mjs where it is stale', async () => {
    const stored: unknown = JSON.parse(await readFile(new URL('../quayside.schema.json', import.meta.url), 'utf8'));
    assert.deepEqual(stored, JSON.parse(JSON.stringify(schema)));
  });

  it('describes every key of every section', () => {
    const bare: string[] = [];
    for (const [key, section] of Object.entries(schema.properties ?? {})) {
      if (section.description === undefined) bare.push(key);
      for (const [name, field] of Object.entries(section.properties ?? {})) {
        if (field.description === undefined && name !== 'to') bare.push(`${key}.${name}`);
      }
    }
    assert.deepEqual(bare, []);
  });

  it('suggests snake_case, accepts camelCase, refuses any other key', () => {
    const queue = schema.properties?.message_queue;
    assert(queue?.properties?.visibility_timeout !== undefined);
    assert.deepEqual(queue.patternProperties?.['^visibilityTimeout$'], queue.properties.visibility_timeout);
    assert.equal(queue.properties.visibilityTimeout, undefined);
    assert.equal(queue.additionalProperties, false);
    assert.equal(schema.additionalProperties, false);
  });

  it("tells the queue's real defaults", () => {
    const defaults = resolveSettings();
    const told = (key: string) => schema.properties?.message_queue?.properties?.[key]?.default;
    const inMs = (key: string, unit: number) => Number(told(key)) * unit;
    assert.equal(told('workers'), defaults.concurrency);
    assert.equal(inMs('visibility_timeout', 1000), defaults.visibilityTimeoutMs);
    assert.equal(inMs('poll_interval', 1), defaults.pollIntervalMs);
    assert.equal(told('max_retries'), defaults.maxRetries);
    assert.equal(inMs('timeout', 1000), defaults.timeoutMs);
    assert.equal(told('enable_dead_letter_queue'), defaults.deadLetterQueue);
    assert.equal(told('dead_letter_expired'), defaults.deadLetterExpired);
    assert.equal(told('priority_policy'), defaults.priorityPolicy);
    assert.equal(inMs('publish_timeout', 1000), defaults.publishTimeoutMs);
    assert.equal(told('publish_buffer'), defaults.publishBuffer);
    assert.equal(told('max_payload_bytes'), defaults.maxPayloadBytes);
    assert.equal(inMs('prefetch', 1), defaults.prefetchMs);
    assert.equal(inMs('max_blocked', 1000), defaults.maxBlockedMs);
  });
});
