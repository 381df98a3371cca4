/** Every name that the server sees is spelled here. */

/** In the order in which the scripts name them (`scripts/parts/keys.lua`). */
const queueParts = [
  'messages',
  'history',
  'active',
  'delayed',
  'dead',
  'errors',
  'windows',
  'window-ends',
  'publishers',
  'state',
  'stats',
  'idle',
  'critical',
  'high',
  'normal',
  'low',
] as const;

/**
 * The keys of a queue. Its name is their hash tag, so that a cluster keeps them on one node and each script touches one. No name and no
 * namespace has a brace, so no two queues share a key.
 */
export function queueKeys(namespace: string, queue: string): readonly string[] {
  return queueParts.map((part) => `${namespace}:queue:{${queue}}:${part}`);
}

/** In the order in which the scripts name them (`scripts/parts/record-keys.lua`). */
const recordParts = ['index', 'states', 'ends', 'state'] as const;

/**
 * The keys of a kind's records: those of the kind, then what each record's own key begins with. The kind is the hash tag, so that a
 * record and the lists that it stands in change together, on a cluster too.
 */
export function recordKeys(namespace: string, kind: string): readonly string[] {
  const prefix = `${namespace}:records:{${kind}}:`;
  return [...recordParts.map((part) => `${prefix}${part}`), `${prefix}record:`];
}

/** Says by which layout what lies in the namespace was written. */
export function layoutKey(namespace: string): string {
  return `${namespace}:layout`;
}

/** The channel on which one process is told that a queue has something for it. */
export function wakeChannel(namespace: string, process: string): string {
  return `${namespace}:wake:${process}`;
}
