import type { Logger, Scheduler } from '@quayside/core';
import { rooms } from '../meeting/earlier-meetings.js';
import type { MediaStore, StoredFile } from '../meeting/media-store.js';
import { waitAtMost } from '../meeting/patience.js';
import type { ArchiveTasks } from '../messages.js';
import type { Service } from './service.js';

const keepDays = 30;
const dayMs = 86_400_000;
/** Far more than the clean-up of a few recordings takes. */
const longestTidyingMs = 5_000;

/**
 * Keeps the media store small, at the scheduler's word: in each room the recordings past their time go, one a run, so that no run is long;
 * and each second it says how much is stored. Of several processes with this service, one makes each run.
 */
export class ArchiveService implements Service {
  readonly #scheduler: Scheduler<ArchiveTasks>;
  readonly #media: MediaStore;
  readonly #log: Logger;
  readonly #untidy = new Set<string>(rooms);
  #tellTidy: () => void = () => {};
  readonly #tidy = new Promise<void>((resolve) => {
    this.#tellTidy = resolve;
  });
  #schedules: readonly string[] = [];

  constructor(scheduler: Scheduler<ArchiveTasks>, media: MediaStore, log: Logger) {
    this.#scheduler = scheduler;
    this.#media = media;
    this.#log = log;
  }

  /** A schedule with an id of its own is there once, however many processes ask for it, and however often. */
  async start(): Promise<void> {
    const scheduler = this.#scheduler;
    scheduler.process('room_cleanup', ({ payload }) => this.#cleanUp(payload.room));
    scheduler.process('storage_report', () => this.#report());
    const cleanUps = rooms.map((room) => scheduler.schedule('room_cleanup', { room }, { id: `cleanup:${room}`, every: '400ms' }));
    const report = scheduler.schedule('storage_report', {}, { id: 'storage-report', cron: '* * * * * *', priority: 'low' });
    this.#schedules = await Promise.all([...cleanUps, report]);
  }

  /** Resolves when a run in each room has found nothing to remove, at the latest when the bound passes or the signal is aborted. */
  async tidied(signal: AbortSignal): Promise<void> {
    await waitAtMost(this.#tidy, longestTidyingMs, signal);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#schedules.map((id) => this.#scheduler.cancel(id)));
  }

  /** The name of a recording holds its day, so the first one is the oldest. */
  async #cleanUp(room: string): Promise<void> {
    const past = (await this.#media.list(`${room}.`)).filter((file) => ageInDays(file) > keepDays);
    const [oldest] = past;
    if (oldest !== undefined) {
      await this.#media.remove(oldest.name);
      this.#log.info({}, `room_cleanup: ${oldest.name} removed after ${ageInDays(oldest)} days, ${past.length - 1} more in ${room}`);
      return;
    }
    if (this.#untidy.delete(room)) this.#log.info({}, `room_cleanup: nothing in ${room} is older than ${keepDays} days any more`);
    if (this.#untidy.size === 0) this.#tellTidy();
  }

  async #report(): Promise<void> {
    const files = await this.#media.list();
    const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
    this.#log.info({}, `storage_report: ${files.length} files, ${megabytes.toFixed(1)} MB`);
  }
}

function ageInDays({ writtenAt }: StoredFile): number {
  return Math.floor((Date.now() - writtenAt.getTime()) / dayMs);
}
