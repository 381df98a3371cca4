/** One process of a service: publishes, or works, and writes down each number that was acknowledged, or handled. Ends when it is killed. */
import { appendFileSync } from 'node:fs';
import { openTasks } from './tasks.js';

const [role, file = '', journal = ''] = process.argv.slice(2);
const manager = await openTasks(file);
const tasks = manager.queue();
const write = (n: number) => appendFileSync(journal, `${n}\n`);

if (role === 'work') {
  tasks.process('task', async ({ payload }) => write(payload as number));
  await manager.start();
} else {
  for (let n = Date.now() * 1_000; ; n++) {
    await tasks.publish('task', n);
    write(n);
  }
}
