/** Payloads at the edges of what JSON carries: each must arrive equal. */
export const carriedPayloads: readonly (readonly [name: string, payload: unknown])[] = [
  ['null', null],
  ['false', false],
  ['an empty string', ''],
  ['an empty array', []],
  ['an empty object', {}],
  ['nested objects and arrays', { a: [{ b: [[], {}, [null]] }], c: { d: { e: { f: 'deep' } } } }],
  ['an emoji, right-to-left text and a combining mark', '👩‍👩‍👧 שלום العربية e\u0301'],
  ['control characters', 'NUL \u0000 LF \n CR \r TAB \t DEL \u007f'],
  ['line and paragraph separators', '\u2028\u2029'],
  ['a lone surrogate', '\ud800'],
  ['quotes and backslashes', '"\\"\'` <!--'],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['the largest and smallest doubles', [Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE]],
  ['a fraction that is not exact', 0.1 + 0.2],
  ['an integer of 17 digits', 12345678901234568],
  ['keys that need quoting', { '': 1, ' ': 2, 'a.b': 3, '"': 4, '\n': 5 }],
  ['a list of a thousand', Array.from({ length: 1000 }, (_, index) => index)],
  ['half a mebibyte', 'x'.repeat(512 * 1024)],
];

class Celsius {
  degrees = 20;
}

function circle(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}

/** What the JSON codec can't carry unchanged, made anew each time. */
export const refusedPayloads: readonly (readonly [name: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a BigInt', () => 1n],
  ['a circle', circle],
  ['NaN', () => Number.NaN],
  ['Infinity', () => ({ deep: [Number.POSITIVE_INFINITY] })],
  ['undefined in an array', () => [1, undefined]],
  ['a Date', () => ({ at: new Date(0) })],
  ['a Map', () => new Map([[1, 2]])],
  ['a Set', () => new Set([1])],
  ['a typed array', () => new Uint8Array(3)],
  ['an instance of a class', () => new Celsius()],
];
