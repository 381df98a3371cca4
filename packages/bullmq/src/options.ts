import type { Adapter } from '@quayside/core';
import { optionsSchema, type RedisOptions } from '@quayside/redis';

/** Where the server is, as for `redis`, and what BullMQ's clients are told. */
export interface BullmqOptions extends Omit<RedisOptions, 'keyPrefix'> {
  /** BullMQ's `prefix`. Default: the manager's namespace. (BullMQ's own default is `bull`.) On a cluster it needs a hash tag: `{bull}`. */
  readonly prefix?: string;
}

type Schema = Adapter<BullmqOptions>['configSchema'];

const form = /^[\w\-.:/{}]{1,200}$/;

export const bullmqOptionsSchema: Schema = {
  '~standard': {
    version: 1,
    vendor: 'quayside',
    async validate(value) {
      const { prefix, ...server } = (value ?? {}) as Record<string, unknown>;
      const checked = await optionsSchema['~standard'].validate(typeof value === 'object' ? server : value);
      const issues = [...(checked.issues ?? [])];
      if ('keyPrefix' in server) issues.push({ path: ['keyPrefix'], message: 'is called prefix here, as in BullMQ' });
      if (prefix !== undefined && !(typeof prefix === 'string' && form.test(prefix))) {
        issues.push({ path: ['prefix'], message: 'allowed are 1 to 200 ASCII letters, digits and _ - . : / { }' });
      }
      if (issues.length === 0 && server.cluster !== undefined && !hasHashTag(prefix)) {
        issues.push({
          path: ['prefix'],
          message: 'a cluster needs a prefix with a hash tag, such as {bull}: one script touches all keys of a queue',
        });
      }
      return issues.length > 0 ? { issues } : { value: value ?? {} };
    },
  },
};

/** Without one the keys of a queue lie in different slots. */
export function hasHashTag(prefix: unknown): boolean {
  return typeof prefix === 'string' && /\{[^}]+\}/.test(prefix);
}
