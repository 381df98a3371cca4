import type { DeadReason, MessageState, StoredMessage } from '@quayside/core';

/** A message as the model keeps it: the port's `FoundMessage`, and what its present delivery must know. */
export interface ModelMessage {
  readonly stored: StoredMessage;
  state: MessageState;
  /** Handler starts so far; that of the present delivery too, where it was marked. */
  starts: number;
  isStartMarked: boolean;
  deliveries: number;
  redrives: number;
  readonly errors: string[];
  reason: DeadReason | undefined;
  /** When the delay is over (delayed), the lease ends (active), it died (dead). */
  at: number;
  /** Of the present delivery's receipt: chosen by the store, told to the model. */
  token: string | undefined;
  isCancelRequested: boolean;
}

export function createMessage(stored: StoredMessage): ModelMessage {
  return {
    stored,
    state: 'waiting',
    starts: 0,
    isStartMarked: false,
    deliveries: 0,
    redrives: 0,
    errors: [],
    reason: undefined,
    at: 0,
    token: undefined,
    isCancelRequested: false,
  };
}

/** The port keeps the first error and the last 19. */
export function keepError(errors: string[], error: string): void {
  errors.push(error);
  if (errors.length > 20) errors.splice(1, 1);
}

/** Once a delivery, however often it is told. */
export function markStart(message: ModelMessage): void {
  if (!message.isStartMarked) message.starts++;
  message.isStartMarked = true;
}
