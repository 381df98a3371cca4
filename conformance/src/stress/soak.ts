import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { holdsWithin } from './await-condition.js';
import type { StressContext, StressPart, StressResult } from './part.js';
import { SoakLoad, soakPeriodMs } from './soak-load.js';
import { SoakProcess } from './soak-process.js';
import { accountOf, judgeGrowth, judgeLoad, judgeRest, measure } from './soak-verdict.js';
import { Trend } from './trend.js';

const shortMs = 5_000;
const cutMs = 1_500;
const shortCutMs = 300;
const recoveryBoundMs = 5_000;
/** When in a run, as parts of it. */
const cutsAt = [0.2, 0.45, 0.7];
const restartsAt = [0.33, 0.6];

export const soak: StressPart = {
  name: 'soak',
  title:
    'waves, failures, delays, schedules, tasks, events, cuts and restarts for the minutes given: nothing lost, and memory and handles flat in the end',
  backends: ['memory', 'redis', 'bullmq'],
  run: async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'quayside-soak-'));
    try {
      return await new Soak(context, folder).run();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

class Soak {
  readonly #context: StressContext;
  readonly #folder: string;
  readonly #durationMs: number;
  readonly #processes: SoakProcess[] = [];
  /** For which times the schedule has run. */
  readonly #ticks: number[] = [];
  readonly #broken: string[] = [];
  #completed = 0;
  #recoveryMs = 0;

  constructor(context: StressContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
    this.#durationMs = context.isShort ? shortMs : context.durationMs;
  }

  async run(): Promise<StressResult> {
    const { server, random } = this.#context;
    const service = await this.#open('service');
    // In memory a second manager would be a world of its own: there the service does the work, and nothing is cut or restarted.
    const isAlone = server.type === 'memory';
    let worker = isAlone ? service : await this.#open('worker-1');
    await this.#work(worker);
    await service.manager.start();
    const before = await measure(server);
    const load = new SoakLoad(service.manager, random);
    const trend = new Trend();
    const restart = async () => {
      await worker.stop();
      worker = await this.#open(`worker-${this.#processes.length}`);
      await this.#work(worker);
    };
    await Promise.all([load.run(this.#durationMs), trend.watch(this.#durationMs), isAlone ? undefined : this.#disturb(restart)]);
    const account = await accountOf(service, this.#processes, this.#broken);
    await service.manager.queue().deadLetters.purge();
    const rest = await judgeRest(server, before, this.#broken);
    this.#broken.push(...judgeLoad(load), ...(this.#context.isShort ? [] : judgeGrowth(trend)), ...this.#judgeTicks());
    await Promise.all([...new Set([worker, service])].map((each) => each.stop()));
    const { events, tasks, rejected, missedEvents, busEvents } = load;
    const told = {
      rejected,
      tasks,
      runs: this.#ticks.length,
      events: events.heard,
      'events told as missed': missedEvents,
      'bus events': busEvents,
    };
    const recovery: StressResult['figures'] = isAlone ? {} : { 'recovery ms': Math.round(this.#recoveryMs) };
    return { figures: { ...account, ...recovery, ...told, ...growthFigures(trend), ...rest }, broken: this.#broken };
  }

  async #open(name: string): Promise<SoakProcess> {
    const opened = await SoakProcess.open(this.#context.server, this.#folder, name);
    this.#processes.push(opened);
    return opened;
  }

  #work(worker: SoakProcess): Promise<void> {
    const completed = () => {
      this.#completed++;
    };
    return worker.work(this.#context.random, { completed, ran: (due) => void this.#ticks.push(due) });
  }

  /** Cuts the way, and restarts the worker, each at its time. */
  async #disturb(restart: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    const deeds = [...cutsAt.map((at) => ({ at, run: () => this.#cut() })), ...restartsAt.map((at) => ({ at, run: restart }))];
    for (const { at, run } of deeds.sort((one, other) => one.at - other.at)) {
      await pause(Math.max(0, at * this.#durationMs - (performance.now() - begun)));
      await run();
    }
  }

  async #cut(): Promise<void> {
    const { server, isShort } = this.#context;
    server.proxy?.cut();
    await pause(isShort ? shortCutMs : cutMs);
    const before = this.#completed;
    server.proxy?.heal();
    const healed = performance.now();
    const isBack = await holdsWithin(recoveryBoundMs, () => this.#completed > before);
    if (!isBack) this.#broken.push(`nothing was completed for ${recoveryBoundMs} ms after a cut`);
    this.#recoveryMs = Math.max(this.#recoveryMs, performance.now() - healed);
  }

  /** Each time of the schedule comes once, the missed ones late. */
  #judgeTicks(): readonly string[] {
    const times = this.#ticks.toSorted((one, other) => one - other);
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const wrong = steps.filter((step) => step !== soakPeriodMs);
    return wrong.length === 0 ? [] : [`between runs of a schedule of ${soakPeriodMs} ms lie ${wrong.slice(0, 5).join(', ')} ms`];
  }
}

function growthFigures({ heap, rss }: Trend): StressResult['figures'] {
  const kib = (bytes: number) => Math.round(bytes / 1024);
  return { 'heap KiB': kib(heap.bytes), 'a minute': kib(heap.perMinute), 'RSS KiB': kib(rss.bytes), 'RSS a minute': kib(rss.perMinute) };
}
