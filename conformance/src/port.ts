import type { Backend } from '@quayside/core';
import type { Case } from './case.js';
import type { Scope } from './scope.js';

export type PortName = 'queue' | 'pubsub' | 'event-bus' | 'scheduler' | 'dispatcher' | 'manager';

export interface PortParts<Context> {
  readonly name: PortName;
  /** As the suite's titles show it. */
  readonly title: string;
  /** The rows of the catalogue, in order: the table of contents. */
  readonly contents: readonly string[];
  readonly cases: readonly Case<Context>[];
  /** What the backend promises for this port; `undefined` where it lacks the port. */
  capabilities(backend: Backend): object | undefined;
  /** What a case is given. */
  open(scope: Scope): Promise<Context>;
}

/** A case as the suite sees it, whatever its context. */
export interface PortCase extends Omit<Case<Scope>, 'run'> {
  run(scope: Scope): Promise<void>;
}

/** One port of the catalogue. */
export interface Port extends Omit<PortParts<never>, 'cases' | 'open'> {
  readonly cases: readonly PortCase[];
}

/** Cases stand in files by subject; the suite runs them in the order of the contents. */
export function definePort<Context>(parts: PortParts<Context>): Port {
  const place = (id: string) => parts.contents.indexOf(id);
  return {
    name: parts.name,
    title: parts.title,
    contents: parts.contents,
    capabilities: parts.capabilities,
    cases: parts.cases
      .toSorted((one, other) => place(one.id) - place(other.id))
      .map((row) => ({
        id: row.id,
        title: row.title,
        needs: row.needs,
        timeoutMs: row.timeoutMs,
        isAlone: row.isAlone,
        run: async (scope) => row.run(await parts.open(scope)),
      })),
  };
}

/** How contents and cases differ; empty where they agree. */
export function findContentsProblems(port: Port): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const id of port.contents) {
    if (seen.has(id)) problems.push(`${id} stands twice in the contents`);
    seen.add(id);
    if (!port.cases.some((row) => row.id === id)) problems.push(`${id} has no case`);
  }
  const titles = new Set<string>();
  for (const row of port.cases) {
    if (!seen.has(row.id)) problems.push(`${row.id} (${row.title}) is not in the contents`);
    const title = `${row.id} ${row.title}`;
    if (titles.has(title)) problems.push(`two cases are called '${title}'`);
    titles.add(title);
  }
  return problems;
}
