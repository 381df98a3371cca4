/** What travels between the participants of a room, on the channel `signals.<room>`. */
import { z } from 'zod';

const participant = z.string().regex(/^[\w-]{1,40}$/);
/** Stands for a WebRTC session description: there is no browser here, and no connection is made. */
const description = z.string().max(10_000);

export const signal = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('join'), from: participant }),
  z.object({ kind: z.literal('leave'), from: participant }),
  /** The service's answer to a newcomer: who is there already. */
  z.object({ kind: z.literal('peers'), to: participant, peers: z.array(participant) }),
  z.object({ kind: z.literal('offer'), from: participant, to: participant, description }),
  z.object({ kind: z.literal('answer'), from: participant, to: participant, description }),
]);
export type Signal = z.infer<typeof signal>;
export type SignalChannels = Record<`signals.${string}`, Signal>;

export const signalsOf = (room: string): `signals.${string}` => `signals.${room}`;
