import { InvalidNameError } from '../errors.js';

const allowed = '1 to 200 characters of ASCII letters, digits and _ - . : /';
const nameForm = /^[A-Za-z0-9_\-.:/]{1,200}$/;

/** Checks the name of a queue, a message type, a schedule or a task. @throws InvalidNameError */
export function checkName(kind: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !nameForm.test(name)) throw new InvalidNameError(kind, name, allowed);
}

/** Checks the name of a channel or an event: a name without an empty token, since `.` separates tokens. @throws InvalidNameError */
export function checkChannelName(kind: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !nameForm.test(name) || hasEmptyToken(name)) {
    throw new InvalidNameError(kind, name, `${allowed}, without an empty token (a..b, .a, a.)`);
  }
}

export function hasEmptyToken(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.') || name.includes('..');
}
