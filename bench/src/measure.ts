/** Somebody who does the work of a scenario once and says how fast, in the scenario's unit. */
export interface Contender {
  readonly name: string;
  run(): Promise<number>;
}

export interface Scenario {
  /** What `--only` selects by. */
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly ours: Contender;
  readonly peers: readonly Contender[];
  /** Default 7. */
  readonly rounds?: number;
}

/** Figures of ours without a peer. */
export interface Survey {
  readonly name: string;
  measure(): Promise<readonly Figure[]>;
}

export interface Figure {
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
}

/** One figure of ours against one peer's, both medians of interleaved rounds. */
export interface Row {
  readonly scenario: string;
  readonly subject: string;
  readonly peer: string;
  readonly ours: number;
  readonly theirs: number;
  /** ours / theirs. */
  readonly ratio: number;
  readonly unit: string;
  readonly rounds: number;
  readonly oursRange: readonly [number, number];
  readonly theirsRange: readonly [number, number];
}

const defaultRounds = 7;

/**
 * Runs all contenders once to warm up, then in rounds one after the other: what disturbs the machine disturbs all of them alike, so the
 * ratio holds where the figures do not.
 */
export async function runScenario(scenario: Scenario): Promise<readonly Row[]> {
  const rounds = scenario.rounds ?? defaultRounds;
  const contenders = [scenario.ours, ...scenario.peers];
  const figures = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (const contender of contenders) await contender.run();
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) figures.get(contender)?.push(await contender.run());
  }
  const ours = sorted(figures.get(scenario.ours));
  return scenario.peers.map((peer): Row => {
    const theirs = sorted(figures.get(peer));
    return {
      scenario: scenario.name,
      subject: scenario.ours.name,
      peer: peer.name,
      ours: median(ours),
      theirs: median(theirs),
      ratio: median(ours) / median(theirs),
      unit: scenario.unit,
      rounds,
      oursRange: [ours[0] ?? 0, ours.at(-1) ?? 0],
      theirsRange: [theirs[0] ?? 0, theirs.at(-1) ?? 0],
    };
  });
}

function sorted(figures: readonly number[] = []): readonly number[] {
  return figures.toSorted((a, b) => a - b);
}

export function median(figures: readonly number[] = []): number {
  return sorted(figures)[Math.floor(figures.length / 2)] ?? 0;
}

/** Operations a second of work that does `count` of them. */
export async function perSecond(count: number, work: () => Promise<void> | void): Promise<number> {
  const begun = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - begun);
}
