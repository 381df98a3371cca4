/** Values that nobody should pass, each made anew for each call. */

export interface Hostile {
  readonly name: string;
  make(): unknown;
}

/** Past every limit of a payload that is set by default. */
const hugeLength = 2 * 1024 * 1024;
/** Deeper than V8's own recursion goes. */
const abyss = 100_000;

function deep(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 0;
  for (let level = 0; level < abyss; level++) value = wrap(value);
  return value;
}

function cyclic(): unknown {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  return circle;
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function angry(): never {
  throw new Error('a trap of the caller threw');
}

/** Whatever is done to it throws. */
function angryProxy(): unknown {
  return new Proxy({}, { get: angry, has: angry, ownKeys: angry, getPrototypeOf: angry, getOwnPropertyDescriptor: angry });
}

/** By definition, since an object that is written with a `then` would be a mistake anywhere else. */
function thenable(then: PropertyDescriptor): object {
  return Object.defineProperty({}, 'then', { ...then, enumerable: true });
}

const numbers: readonly (readonly [string, unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
  ['-1', -1],
  ['0.5', 0.5],
  ['1e308', 1e308],
  ['2^53', 2 ** 53],
  ['2^31', 2 ** 31],
  ['the smallest number', Number.MIN_VALUE],
];

const texts: readonly (readonly [string, string])[] = [
  ['an empty text', ''],
  ['a blank', ' '],
  ['a name with a blank', 'a b'],
  ['a wildcard', 'a.*'],
  ['a wildcard for the rest', '>'],
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\r\nb'],
  ['NUL', 'a\0b'],
  ['control characters', '\u0001\u001b[31m\u007f'],
  ['braces', '{a}'],
  ['colons', 'a:b:c'],
  ['percent signs', '%3A%'],
  ['an empty token', 'a..b'],
  ['dots', '..'],
  ['a path upwards', '../../etc/passwd'],
  ['unicode', 'größe-名前-😀'],
  ['a lone surrogate', 'a\ud800b'],
  ['a right-to-left override', 'a\u202eb'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['a number as text', '12'],
  ['a negative duration', '-5s'],
  ['a duration in no unit', '5 fortnights'],
  ['a variable', `\${HOME}`],
  ['a long text', 'x'.repeat(100_000)],
  ['a text past every limit', 'x'.repeat(hugeLength)],
];

const objects: readonly (readonly [string, () => unknown])[] = [
  ['an object', () => ({})],
  ['an object with unknown keys', () => ({ nobody: 'knows', '': 0, 'a b': 1 })],
  ['own __proto__', () => JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown],
  ['own constructor', () => ({ constructor: { prototype: { isAdmin: true } } })],
  ['no prototype', () => Object.create(null) as unknown],
  [
    'a getter that throws',
    () => ({
      get broken(): unknown {
        return angry();
      },
    }),
  ],
  ['a proxy that throws', angryProxy],
  ['a revoked proxy', () => revoked({})],
  ['a revoked array', () => revoked([])],
  ['a revoked function', () => revoked(angry)],
  ['a circle', cyclic],
  ['a deep object', () => deep((inner) => ({ inner }))],
  ['a deep array', () => deep((inner) => [inner])],
  ['an array', () => []],
  ['a sparse array', () => Object.assign([], { length: 1_000 })],
  ['an array with a property', () => Object.assign([1], { extra: true })],
  ['an array of nothing', () => [undefined, null]],
  ['a function', () => () => undefined],
  ['a class', () => class Nobody {}],
  ['a date', () => new Date(0)],
  ['an invalid date', () => new Date(Number.NaN)],
  ['a date past all time', () => new Date(8.64e15)],
  ['a map', () => new Map([['a', 1]])],
  ['a set', () => new Set([1])],
  ['a typed array', () => new Uint8Array(8)],
  ['a buffer', () => Buffer.from('text')],
  ['a regular expression', () => /a/],
  ['a boxed text', () => Object('text') as unknown],
  ['a boxed number', () => Object(1) as unknown],
  ['an error', () => new Error('a payload')],
  ['a frozen object', () => Object.freeze({ frozen: true })],
  ['a symbol as key', () => ({ [Symbol('key')]: 1 })],
  ['toJSON throws', () => ({ toJSON: angry })],
  ['toJSON answers nothing', () => ({ toJSON: () => undefined })],
  ['toString throws', () => ({ toString: angry, valueOf: angry, [Symbol.toPrimitive]: angry })],
  ['a thenable that rejects', () => thenable({ value: (_: unknown, reject: (why: unknown) => void) => reject(new Error('a thenable')) })],
  ['a thenable that never settles', () => thenable({ value: () => undefined })],
  ['a thenable that throws', () => thenable({ value: angry })],
  ['a then that throws', () => thenable({ get: angry })],
  ['a promise', () => Promise.resolve(1)],
];

function constant([name, value]: readonly [string, unknown]): Hostile {
  return { name, make: () => value };
}

export const hostileTexts: readonly Hostile[] = texts.map(constant);

export const hostileValues: readonly Hostile[] = [
  ...(
    [
      ['undefined', undefined],
      ['null', null],
      ['true', true],
      ['false', false],
      ['a BigInt', 10n ** 30n],
      ['a symbol', Symbol('nobody')],
    ] as const
  ).map(constant),
  ...numbers.map(constant),
  ...hostileTexts,
  ...objects.map(([name, make]) => ({ name, make })),
];
