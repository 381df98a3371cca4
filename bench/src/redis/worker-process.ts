import { beeQueue } from './bee-queue.js';
import { bullmq } from './bullmq.js';
import { quayside } from './quayside.js';

/** Started by `worker-processes.ts` with subject, url and queue: works from the word on, and tells now and then how many it has handled. */
const [name = '', url = '', queue = ''] = process.argv.slice(2);
const subject = [quayside(), bullmq, beeQueue].find((one) => one.name === name);
if (subject === undefined) throw new Error(`no subject is called '${name}'`);

const session = await subject.open(url, queue);
let handled = 0;
let told = 0;
setInterval(() => {
  if (handled > told) process.send?.(handled);
  told = handled;
}, 5);
process.on('message', () => {
  void session.work(100, () => {
    handled++;
  });
});
process.on('disconnect', () => process.exit());
process.send?.(0);
