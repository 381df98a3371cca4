/** A message's type as a label, unless a publisher makes types up: a time series each would be without end. */
const mostTypes = 200;
const other = '(other)';

export class TypeLabel {
  readonly #known = new Set<string>();

  of(type: string): string {
    if (this.#known.has(type)) return type;
    if (this.#known.size >= mostTypes) return other;
    this.#known.add(type);
    return type;
  }
}
