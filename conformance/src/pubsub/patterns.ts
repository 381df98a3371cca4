import assert from 'node:assert/strict';
import { UnsupportedFeatureError } from '@quayside/core';
import type { PubSubCase } from './pubsub-case.js';

/** Each pattern, with the channels that it matches and those that it must not. */
const patterns: readonly { readonly pattern: string; readonly yes: readonly string[]; readonly no: readonly string[] }[] = [
  { pattern: '*', yes: ['a', 'b', 'a-b'], no: ['a.b', 'a.b.c'] },
  { pattern: 'a.*', yes: ['a.b', 'a.c', 'a.b:c'], no: ['a', 'b', 'a.b.c', 'ab', 'b.a', 'a.b.c.d'] },
  { pattern: '*.b', yes: ['a.b', 'b.b'], no: ['b', 'a.c', 'a.b.c', 'a.a.b'] },
  { pattern: 'a.*.c', yes: ['a.b.c', 'a.c.c'], no: ['a.c', 'a.b', 'a.b.c.d', 'a.b.b.c'] },
  { pattern: '*.*', yes: ['a.b', 'a.c'], no: ['a', 'a.b.c'] },
  { pattern: '>', yes: ['a', 'a.b', 'a.b.c.d'], no: [] },
  { pattern: 'a.>', yes: ['a.b', 'a.b.c', 'a.b.c.d'], no: ['a', 'b', 'ab', 'b.a', 'a-b'] },
  { pattern: 'a.*.>', yes: ['a.b.c', 'a.b.c.d', 'a.c.c'], no: ['a', 'a.b', 'b.b.c'] },
  { pattern: '*.>', yes: ['a.b', 'a.b.c'], no: ['a', 'b'] },
];

/** What Redis, NATS and file globs give a meaning, and a channel's name gives none. Only these may stand in a name. */
const literalNames = ['a-z', 'a_b', 'a:b', 'a/b', '-', '_', ':', '/', '-.-', '_._', 'a.-', 'a.:/'];

export const patternCases: readonly PubSubCase[] = [
  {
    id: 'P-05',
    title: '* is exactly one token, > at the end is one or more',
    needs: ['patterns'],
    async run(context) {
      const pubsub = context.pubsub();
      const channels = [...new Set(patterns.flatMap(({ yes, no }) => [...yes, ...no]))];
      const seen = new Map(patterns.map(({ pattern }) => [pattern, context.recorder()]));
      const all = context.recorder();
      await Promise.all([...seen].map(([pattern, { handle }]) => pubsub.subscribe(pattern, handle)));
      await pubsub.subscribe('>', all.handle);
      for (const channel of channels) await pubsub.publish(channel, channel);
      for (const { yes } of patterns) await pubsub.publish(yes[0] ?? '', 'marker');
      await context.eventually(
        () => all.events.length === channels.length + patterns.length && [...seen.values()].every((recorder) => recorder.has('marker')),
        'every pattern gets its marker',
      );
      for (const { pattern, yes, no } of patterns) {
        const matched = new Set(seen.get(pattern)?.payloads);
        for (const channel of yes) assert.ok(matched.has(channel), `'${pattern}' matches '${channel}'`);
        for (const channel of no) assert.ok(!matched.has(channel), `'${pattern}' does not match '${channel}'`);
      }
    },
  },
  {
    id: 'P-05',
    title: 'a pattern gets each event once, under its own channel, whatever else is subscribed',
    needs: ['patterns'],
    async run(context) {
      const pubsub = context.pubsub();
      const [wide, narrow] = [context.recorder(), context.recorder()];
      await pubsub.subscribe('>', wide.handle);
      await pubsub.subscribe('m.*', narrow.handle);
      await pubsub.subscribe('m.>', () => undefined);
      await pubsub.subscribe('m.a', () => undefined);
      for (const channel of ['m.a', 'm.b', 'm.c', 'n.a']) await pubsub.publish(channel, channel);
      await context.eventually(() => wide.has('n.a'), 'the last one arrives');
      assert.deepEqual(
        wide.events.map(({ channel }) => channel),
        ['m.a', 'm.b', 'm.c', 'n.a'],
      );
      assert.deepEqual(narrow.payloads, ['m.a', 'm.b', 'm.c']);
    },
  },
  {
    id: 'P-05',
    title: 'characters that the backend may give a meaning are taken literally, in names and in patterns',
    needs: ['patterns'],
    async run(context) {
      const pubsub = context.pubsub();
      const neighbours = ['b', 'm', 'ab', 'azb', 'a0b', 'a.b', 'a.z', 'z', 'a.b.c'];
      const exact = new Map(literalNames.map((name) => [name, context.recorder()]));
      const below = new Map(literalNames.map((name) => [name, context.recorder()]));
      for (const [name, { handle }] of exact) await pubsub.subscribe(name, handle);
      for (const [name, { handle }] of below) await pubsub.subscribe(`${name}.*`, handle);
      const channels = [...literalNames, ...neighbours].flatMap((name) => [name, `${name}.x`]);
      for (const channel of channels) await pubsub.publish(channel, channel);
      for (const name of literalNames) {
        await pubsub.publish(name, 'marker');
        await pubsub.publish(`${name}.x`, 'marker');
      }
      await context.eventually(() => [...exact.values(), ...below.values()].every((seen) => seen.has('marker')), 'the markers arrive');
      for (const name of literalNames) {
        assert.deepEqual(new Set(exact.get(name)?.payloads), new Set([name, 'marker']), `'${name}'`);
        const expected = [...channels.filter((channel) => isChildOf(channel, name)), 'marker'];
        assert.deepEqual(new Set(below.get(name)?.payloads), new Set(expected), `'${name}.*'`);
      }
    },
  },
  {
    id: 'P-06',
    title: 'an exact and a pattern subscription both get an event, each once',
    needs: ['patterns'],
    async run(context) {
      const pubsub = context.pubsub();
      const [exact, star, rest] = [context.recorder(), context.recorder(), context.recorder()];
      await pubsub.subscribe('meeting.started', exact.handle);
      const pattern = await pubsub.subscribe('meeting.*', star.handle);
      await pubsub.subscribe('meeting.>', rest.handle);
      assert.equal(pubsub.stats().channel_count, 3);
      await pubsub.publish('meeting.started', 1);
      await pubsub.publish('meeting.started', 2);
      await context.eventually(() => [exact, star, rest].every((seen) => seen.has(2)), 'all get both');
      await pattern.unsubscribe();
      await pubsub.publish('meeting.started', 3);
      await context.eventually(() => exact.has(3) && rest.has(3), 'the others get the third');
      assert.deepEqual(
        [exact.payloads, star.payloads, rest.payloads],
        [
          [1, 2, 3],
          [1, 2],
          [1, 2, 3],
        ],
      );
    },
  },
  {
    id: 'P-05',
    title: 'where the transport hands over more than a pattern matches, the handler sees what matches',
    needs: ['patterns'],
    async run(context) {
      const pubsub = context.pubsub({ capabilities: { patterns: 'superset' } });
      const seen = context.recorder();
      await pubsub.subscribe('a.*', seen.handle);
      for (const channel of ['a', 'a.b', 'a.b.c', 'b.a', 'ab', 'a.c']) await pubsub.publish(channel, channel);
      await context.eventually(() => seen.has('a.c'), 'the last one that matches arrives');
      assert.deepEqual(seen.payloads, ['a.b', 'a.c']);
      assert.equal(pubsub.stats().total_received, 2);
    },
  },
  {
    id: 'P-05',
    title: 'a transport without patterns refuses a pattern with UnsupportedFeatureError; its exact channels work',
    async run(context) {
      const pubsub = context.pubsub({ capabilities: { patterns: 'none' } });
      const seen = context.recorder();
      await assert.rejects(pubsub.subscribe('a.*', seen.handle), UnsupportedFeatureError);
      await assert.rejects(pubsub.subscribe('>', seen.handle), UnsupportedFeatureError);
      await pubsub.subscribe('a.b', seen.handle);
      await pubsub.publish('a.b', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, ['marker']);
    },
  },
];

function isChildOf(channel: string, name: string): boolean {
  return channel.startsWith(`${name}.`) && !channel.slice(name.length + 1).includes('.');
}
