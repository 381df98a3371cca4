import type { Case } from '../case.js';
import type { EventBusContext } from './context.js';

export type BusCase = Case<EventBusContext>;

/** What both buses promise: each case stands twice, over the local bus and over a remote one, where the backend has pub/sub. */
export function onEachBus(cases: readonly BusCase[]): readonly BusCase[] {
  return cases.flatMap((row) => [
    { ...row, title: `local: ${row.title}`, run: (context) => row.run(context.of('local')) },
    { ...row, title: `remote: ${row.title}`, needs: ['patterns', ...(row.needs ?? [])], run: (context) => row.run(context.of('remote')) },
  ]);
}

/** What only a remote bus promises. */
export function onRemoteBus(cases: readonly BusCase[]): readonly BusCase[] {
  return cases.map((row) => ({
    ...row,
    title: `remote: ${row.title}`,
    needs: ['patterns'],
    run: (context) => row.run(context.of('remote')),
  }));
}
