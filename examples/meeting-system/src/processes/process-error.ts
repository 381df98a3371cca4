/** A process that the meeting needs could not be had, or was lost. The message is a sentence for whoever started the program. */
export class ProcessError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProcessError';
  }
}
