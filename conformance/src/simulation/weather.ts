/**
 * What may befall a call between a process and its backend. `late`: it takes a while, so that others overtake it. `lost request`: it never
 * arrives. `lost reply`: it runs, and nobody is told. `told too soon`: it is told as lost, and runs all the same, later. The others befall
 * the process, before the call leaves it or before the reply reaches it.
 */
export const faults = [
  'late',
  'lost request',
  'lost reply',
  'told too soon',
  'crash before',
  'crash after',
  'freeze before',
  'freeze after',
] as const;
export type Fault = (typeof faults)[number];

/** How often each fault befalls a call, from 0 to 1. */
export type Weather = Readonly<Record<Fault, number>>;

const most: Weather = {
  late: 0.4,
  'lost request': 0.1,
  'lost reply': 0.1,
  'told too soon': 0.05,
  'crash before': 0.02,
  'crash after': 0.02,
  'freeze before': 0.02,
  'freeze after': 0.02,
};

/** One fault in three is left out of a run, so that the others show by themselves what they do (swarm testing, Groce et al. 2012). */
export function drawWeather(random: () => number): Weather {
  const rates = faults.map((fault) => [fault, random() < 1 / 3 ? 0 : most[fault] * random()] as const);
  return Object.fromEntries(rates) as Weather;
}

/** What befalls the next call; undefined for most. */
export function drawFault(weather: Weather, random: () => number): Fault | undefined {
  let rest = random();
  for (const fault of faults) {
    rest -= weather[fault];
    if (rest < 0) return fault;
  }
  return undefined;
}
