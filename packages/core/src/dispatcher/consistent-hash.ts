import { createHash } from 'node:crypto';

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): every target is weighed with the key, the heaviest wins. When a target goes, only
 * its own keys move.
 */
export function consistentHash(key: string, targets: readonly string[]): string {
  let best = '';
  let bestWeight = '';
  for (const target of targets) {
    const weight = createHash('sha1').update(`${target}\n${key}`).digest('hex');
    if (best !== '' && weight <= bestWeight) continue;
    best = target;
    bestWeight = weight;
  }
  return best;
}
