import { type Middleware, UnrecoverableError } from '@quayside/core';
import { MediaFormatError } from '../media-format-error.js';

/** A damaged file stays damaged: its task goes to the dead letters at once instead of being tried four times. */
export const giveUpOnDamagedMedia: Middleware = {
  async process(_message, next) {
    try {
      return await next();
    } catch (error) {
      if (error instanceof MediaFormatError) throw new UnrecoverableError(error.message, { cause: error });
      throw error;
    }
  },
};
