import { createHash } from 'node:crypto';
import type { ChannelFilter, Logger } from '@quayside/core';
import { describeFailure } from './failure.js';
import type { CommandSender } from './scripts.js';
import type { Receive } from './subscriber-topics.js';

/**
 * A frame comes to every member of a group, and the first to claim it has it. A claim is kept so long: a member that was stalled for
 * longer may take again what another had.
 */
const claimMs = 60_000;

export interface GroupClaimsParts {
  readonly commands: CommandSender;
  /** The key of a claim. */
  readonly toKey: (group: string, frame: string) => string;
  readonly logger: Logger;
}

/**
 * Gives each frame to one member of a group. Frames of ours differ by their stamps; those of strangers, which have none, count as one
 * within a minute where they are alike.
 */
export class GroupClaims {
  readonly #parts: GroupClaimsParts;

  constructor(parts: GroupClaimsParts) {
    this.#parts = parts;
  }

  /**
   * Hands on what this member was first to claim, in the order in which it came: the server answers the claims of one connection in
   * order. What its pattern only seems to match to Redis is left to the others.
   */
  member(group: string, filter: ChannelFilter, take: Receive): Receive {
    const groupDigest = digest(group);
    return (channel, body) => {
      if (!filter.matches(channel)) return;
      const key = this.#parts.toKey(groupDigest, digest(`${channel}\n${body}`));
      void this.#claim(key, channel, () => take(channel, body));
    };
  }

  /** Lost where its outcome is unknown: to take it all the same could be a second time. */
  async #claim(key: string, channel: string, take: () => void): Promise<void> {
    const { commands, logger } = this.#parts;
    try {
      if ((await commands.send('set', [key, '', 'NX', 'PX', claimMs])) === 'OK') take();
    } catch (error) {
      logger.warn({ channel, reason: describeFailure(error) }, 'an event for a group could not be claimed');
    }
  }
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('base64url');
}
