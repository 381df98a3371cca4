/** Bytes that are not what their name says. Reading them again gives the same, so it is of no use to try once more. */
export class MediaFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MediaFormatError';
  }
}
