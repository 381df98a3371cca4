/** A Date that names a time. What only pretends to be one can't be asked. */
export function isValidDate(value: unknown): value is Date {
  try {
    return value instanceof Date && !Number.isNaN(Date.prototype.getTime.call(value));
  } catch {
    return false;
  }
}
