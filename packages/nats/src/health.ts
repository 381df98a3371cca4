import { type Health, systemClock, withDeadline } from '@quayside/core';
import type { Connection } from './connection.js';

/** A server that takes longer to answer is on its way to be taken for dead. */
const answerBoundMs = 1_000;

/** Asks the server itself: a round trip, and what it says of itself. Never rejects. */
export async function checkHealth(connection: Connection): Promise<Health> {
  const { line, reconnects, subscriptionCount: subscriptions } = connection;
  if (line === undefined) {
    const reason = connection.state === 'closed' ? 'closed' : `there is no connection to NATS: ${connection.failure}`;
    return { status: 'down', reason, details: { reconnects } };
  }
  const details = { server: line.address, serverName: line.serverName, version: line.serverVersion, subscriptions, reconnects };
  const begun = systemClock.monotonic();
  try {
    await withDeadline(systemClock, line.confirm(), answerBoundMs);
  } catch {
    return { status: 'degraded', reason: `NATS at ${line.address} does not answer`, details };
  }
  return { status: 'up', details: { ...details, roundTripMs: Math.round(systemClock.monotonic() - begun) } };
}
