import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Redactor } from '#src/config/redactor.js';
import { collectSecrets } from '#src/config/secrets.js';
import { ConfigError, ConnectionError } from '#src/errors.js';
import type { Logger } from '#src/logger.js';

const redactor = new Redactor({ url: 'redis://user:hunter2%2Fx@cache:6379', password: 'tr0ub"4\\dor', user: 'somebody' });
const secrets = ['hunter2%2Fx', 'hunter2/x', 'tr0ub"4\\dor', JSON.stringify('tr0ub"4\\dor').slice(1, -1), 'tr0ub%224%5Cdor'];
const careless = `no ${secrets.join(' and no ')} for somebody`;

function assertHidden(value: unknown): void {
  const shown = [String(value), JSON.stringify(value), inspect(value, { depth: 10, showHidden: true })].join('\n');
  for (const secret of secrets) assert(!shown.includes(secret), `shows ${secret}: ${shown}`);
}

describe('config: what is secret in it', () => {
  const found: readonly [string, unknown, readonly string[]][] = [
    [
      'under secret keys, at any depth and in lists',
      { a: [{ passphrase: 'one' }], tls: { key: ['two'] }, api_key: 'three' },
      ['one', 'two', 'three'],
    ],
    ['under every key below a secret one', { auth: { user: 'u', code: 'c' } }, ['u', 'c']],
    ['numbers, but only under their own key', { password: 1234, auth: { timeout: 5 } }, ['1234']],
    ['in URLs, as written and as meant', { url: 'redis://u:a%2Fb@h' }, ['a%2Fb', 'a/b']],
    ['a token without a name', { url: 'nats://t0ken@h' }, ['t0ken']],
    ['in each of several URLs', { servers: 'x://u:one@h,x://u:two@h' }, ['one', 'two']],
    ['with a comma, an @ and a bare % in it', { url: 'x://u:a,b@c%d@h' }, ['a,b@c%d']],
    ['as a parameter of a URL', { url: 'x://h/?db=1&password=p%20w&ssl=true' }, ['p%20w', 'p w']],
    ['in a URL object', { url: new URL('redis://u:pw@h') }, ['pw']],
  ];
  for (const [what, config, expected] of found) {
    it(what, () => {
      const all = collectSecrets(config);
      for (const secret of expected) assert(all.has(secret), `${secret} in ${inspect(all)}`);
    });
  }

  it('nothing else: no user name, no empty text, no bytes', () => {
    const config = { url: 'redis://user:@h', password: '', key: Buffer.from('abc'), host: 'h', ssl: true, secret: null };
    assert.deepEqual([...collectSecrets(config)], []);
  });
});

describe('config: the redactor', () => {
  it('hides what is secret in a text as it is, in JSON and in a URL, and the credentials of any other URL', () => {
    assertHidden(redactor.clean(careless));
    assert.equal(redactor.clean('no route to nats://u:other@h'), 'no route to nats://***@h');
    assert.match(redactor.clean(careless), /for somebody$/);
  });

  it('hides a secret that begins with another one whole', () => {
    assert.equal(new Redactor({ password: 'abc', token: 'abcdef' }).clean('abcdef abc'), '*** ***');
  });

  it('takes a secret literally', () => {
    assert.equal(new Redactor({ password: '.*[a]$1' }).clean('all .*[a]$1 of it'), 'all *** of it');
  });

  it('passes on what shows none as it is, the same object', () => {
    const error = new ConnectionError('refused', { cause: new Error('ECONNREFUSED') });
    assert.equal(redactor.clean(error), error);
    const plain = new Redactor({});
    const other = new Error(careless);
    assert.equal(plain.clean(other), other);
  });

  it('keeps the class of an error, its code and every part that shows nothing; the original stays as it was', () => {
    const error = new ConnectionError(careless, {
      outcome: 'unknown',
      ids: ['a'],
      cause: Object.assign(new TypeError(careless), { errno: 111 }),
    });
    const cleaned = redactor.clean(error);
    assertHidden(cleaned);
    assert(cleaned instanceof ConnectionError);
    assert.deepEqual([cleaned.name, cleaned.code, cleaned.outcome, cleaned.ids], ['ConnectionError', error.code, 'unknown', ['a']]);
    assert(cleaned.cause instanceof TypeError);
    assert.equal(Reflect.get(cleaned.cause, 'errno'), 111);
    assert.match(cleaned.stack ?? '', /for somebody\n +at /);
    assert.equal(error.message, careless);
  });

  it('cleans issues, aggregated errors and own properties at any depth', () => {
    assertHidden(redactor.clean(new ConfigError('wrong', [{ path: 'url', message: careless }])));
    assertHidden(redactor.clean(new AggregateError([new Error(careless), careless], 'all failed')));
    assertHidden(redactor.clean(Object.assign(new Error('x'), { command: { name: 'AUTH', args: [careless] } })));
  });

  it('survives an error that is its own cause', () => {
    const error = new Error(careless);
    error.cause = error;
    const cleaned = redactor.clean(error);
    assert.equal(cleaned.cause, cleaned);
    assertHidden(cleaned.message);
    assertHidden(cleaned.stack);
  });

  it('leaves out what it can not copy where that shows a secret, and nothing else', () => {
    class Client {
      constructor(readonly options: object) {}
    }
    const harmless = new Client({ host: 'h' });
    const error = Object.assign(new Error('x'), {
      harmless,
      client: new Client({ password: 'tr0ub"4\\dor' }),
      input: new URL('redis://user:hunter2%2Fx@cache'),
      seen: new Map([['password', 'hunter2/x']]),
    });
    const cleaned = redactor.clean(error);
    assertHidden(cleaned);
    assert.equal(cleaned.harmless, harmless);
  });

  it('hides secrets in the fields, errors and sentences of a logger and its children, and leaves other texts alone', () => {
    const lines: unknown[] = [];
    const write = (bindings: object): Logger => {
      const log = (fields: object, message: string) => void lines.push({ ...bindings, ...fields, message });
      return { debug: log, info: log, warn: log, error: log, child: (more) => write({ ...bindings, ...more }) };
    };
    const logger = redactor.logger(write({}));
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({ err: new Error(careless), at: [careless] }, careless);
    logger.child({ url: careless }).child({ b: 1 }).info({ profile: 'https://host/@name' }, 'seen');
    assert.equal(lines.length, 5);
    assertHidden(lines);
    assert.deepEqual(lines[4], { url: redactor.clean(careless), b: 1, profile: 'https://host/@name', message: 'seen' });
    logger.error({ err: new Error('no route to nats://u:other@h') }, 'failed');
    assert.equal(Reflect.get(lines[5] as object, 'err').message, 'no route to nats://***@h');
  });
});
