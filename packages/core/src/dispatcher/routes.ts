import { checkFunction, readList, readOptions } from '../call-options.js';
import { ConfigError, type Issue, NoRouteError, quote } from '../errors.js';
import { checkHeaders } from '../message/headers.js';
import type { Headers } from '../message/message.js';
import { checkName } from '../message/names.js';
import { type ChannelFilter, parseChannelFilter } from '../message/patterns.js';
import type { Route, RouteStrategy } from '../ports/dispatcher.js';
import { atOnce } from '../thenable.js';
import { consistentHash } from './consistent-hash.js';
import type { Loads } from './loads.js';

/** What a task is routed by. */
export interface Routed {
  readonly type: string;
  readonly payload: unknown;
  readonly headers: Headers;
}

export interface Target {
  readonly queue: string;
  /** Shown in the stats. */
  readonly route: string;
}

const strategies: readonly RouteStrategy[] = ['first', 'round-robin', 'least-loaded', 'consistent-hash'];
const defaultRoute = 'default';

interface CheckedRoute {
  readonly name: string;
  readonly route: Route;
  readonly filter: ChannelFilter | undefined;
  readonly targets: readonly string[];
  turn: number;
}

/** Rules in order; the first that matches says where a task goes. */
export class Routes {
  readonly #defaultQueue: string | undefined;
  readonly #loads: Loads;
  #routes: readonly CheckedRoute[] = [];
  #added = 0;

  constructor(defaultQueue: string | undefined, loads: Loads) {
    this.#defaultQueue = defaultQueue;
    this.#loads = loads;
  }

  /** Takes effect with the next dispatch. Answers a function that takes it out again. @throws ConfigError, InvalidNameError */
  add(route: Route): () => void {
    const checked = check(route, `route-${++this.#added}`);
    this.#routes = [...this.#routes, checked];
    return () => {
      this.#routes = this.#routes.filter((other) => other !== checked);
    };
  }

  /** @param isEnabled false: every task goes to the default queue. @throws NoRouteError */
  async find(task: Routed, isEnabled: boolean): Promise<Target> {
    const matching = isEnabled ? this.#routes.find((checked) => matches(checked, task)) : undefined;
    if (matching !== undefined) return { queue: await this.#choose(matching, task), route: matching.name };
    if (this.#defaultQueue === undefined) throw new NoRouteError(task.type);
    return { queue: this.#defaultQueue, route: defaultRoute };
  }

  #choose(checked: CheckedRoute, task: Routed): string | Promise<string> {
    const { targets, route } = checked;
    const [first = ''] = targets;
    switch (route.strategy ?? 'first') {
      case 'first':
        return first;
      case 'round-robin':
        return targets[checked.turn++ % targets.length] ?? first;
      case 'consistent-hash':
        return consistentHash(keyOf(checked, task), targets);
      case 'least-loaded':
        return this.#loads.chooseLeast(targets);
    }
  }
}

function keyOf({ name, route }: CheckedRoute, { payload, headers }: Routed): string {
  const key: unknown = atOnce(route.key?.(payload, headers), 'route.key');
  if (typeof key === 'string') return key;
  throw new ConfigError(`route '${name}' has no key`, [{ path: 'route.key', message: `answered ${quote(key)}; allowed is text` }]);
}

function matches({ route, filter }: CheckedRoute, { type, payload, headers }: Routed): boolean {
  if (filter !== undefined && !filter.matches(type)) return false;
  if (route.headers !== undefined && !Object.entries(route.headers).every(([key, value]) => headers[key] === value)) return false;
  const { when } = route;
  return when === undefined || atOnce(when(payload, headers), 'route.when');
}

/** Functions, and what is compared as it stands. */
function checkParts({ name, headers, when, key }: Route, issues: Issue[]): void {
  if (name !== undefined && typeof name !== 'string') issues.push({ path: 'route.name', message: `got ${quote(name)}; allowed is text` });
  if (when !== undefined) checkFunction(when, 'route.when');
  if (key !== undefined) checkFunction(key, 'route.key');
  checkHeaders(headers);
}

function check(given: Route, place: string): CheckedRoute {
  const route = readOptions(given ?? null, 'route');
  const issues: Issue[] = [];
  checkParts(route, issues);
  const targets = typeof route.to === 'string' ? [route.to] : readList(route.to, 'route.to');
  if (targets.length === 0) issues.push({ path: 'route.to', message: 'got no queue; at least one is needed' });
  for (const target of targets) checkName('queue', target);
  if (route.strategy !== undefined && !strategies.includes(route.strategy)) {
    issues.push({ path: 'route.strategy', message: `got ${quote(route.strategy)}; allowed are ${strategies.join(', ')}` });
  }
  if (route.strategy === 'consistent-hash' && route.key === undefined) {
    issues.push({ path: 'route.key', message: 'is needed by consistent-hash: it says which tasks belong together' });
  }
  if (issues.length > 0) throw new ConfigError('the route is wrong', issues);
  const filter = route.type === undefined ? undefined : parseChannelFilter('route type', route.type);
  return { name: route.name ?? place, route, filter, targets, turn: 0 };
}
