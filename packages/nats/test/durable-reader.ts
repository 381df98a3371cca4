/** A process that reads durably until it is killed. Writes a line when a handler begins, and one when it is about to return. */
import { createPubSub, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '#src/index.js';

const [servers = '', namespace = ''] = process.argv.slice(2);
const backend = await adapter.open({ servers, jetStream: { ackWait: 1_000 } }, { clock: systemClock, logger: silentLogger, namespace });
const handle = async ({ payload }: { readonly payload: unknown }) => {
  process.stdout.write(`begun ${payload}\n`);
  await new Promise((resolve) => setTimeout(resolve, 2));
  process.stdout.write(`done ${payload}\n`);
};
await createPubSub({ transport: backend.pubSubTransport('channels') }).subscribe('jobs', handle, { durable: 'crew', concurrency: 3 });
process.stdout.write('ready\n');
