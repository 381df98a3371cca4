import type { Logger } from '#src/logger.js';
import type { ChannelEvent } from '#src/ports/pubsub.js';

/** Keeps what a handler got. */
export class Recorder {
  readonly events: ChannelEvent[] = [];
  readonly take = (event: ChannelEvent): void => void this.events.push(event);

  get payloads(): unknown[] {
    return this.events.map((event) => event.payload);
  }
}

/** A promise that the test settles. */
export class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields: { ...fields }, message });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => logger };
  return logger;
}
