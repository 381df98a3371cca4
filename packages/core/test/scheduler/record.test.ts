import assert from 'node:assert/strict';
import type { ScheduleOptions } from '#src/ports/scheduler.js';
import { headersOf, messageIdOf, occurrenceOf, scheduledRunOf } from '#src/scheduler/occurrence.js';
import { isSameDefinition, isSameRhythm, readSchedule, type ScheduleContent, writeMove } from '#src/scheduler/record.js';

const content: ScheduleContent = {
  name: 'task',
  payload: '{"room":7}',
  options: { every: '1h', from: new Date(5), until: new Date(7), priority: 'high', backoff: { type: 'fixed', delay: '1s' } },
  state: 'scheduled',
  anchor: 3,
  edition: 'e1',
  current: { due: 5, edition: 'e1' },
  running: [{ due: 4, edition: 'e0', fence: 9 }],
  last: { due: 3, outcome: 'failed', error: 'broken' },
};

describe('the record of a schedule', () => {
  it('reads what it wrote', () => {
    const { fields = {} } = writeMove('s', 'absent', 'scheduled', content, 5);
    const record = { key: 's', state: 'scheduled', fields: fields as Record<string, string>, log: [], revision: 4 };
    assert.deepEqual(readSchedule(record), { ...content, id: 's', revision: 4 });
  });

  it('that is damaged is an error that says so', () => {
    const { fields = {} } = writeMove('s', 'absent', 'scheduled', content, 5);
    for (const [name, text] of [
      ['current', 'not JSON'],
      ['options', '{'],
      ['running', 'x'],
      ['last', ''],
    ] as const) {
      const damaged = { ...fields, [name]: text } as Record<string, string>;
      const read = () => readSchedule({ key: 's', state: 'scheduled', fields: damaged, log: [], revision: 4 });
      assert.throws(read, /the record of schedule 's' is damaged/);
    }
  });

  it('writes what changes, and nothing else; what is empty goes', () => {
    assert.deepEqual(writeMove('s', { revision: 4 }, 'paused', { state: 'paused' }, 5).fields, {});
    assert.deepEqual(writeMove('s', { revision: 4 }, 'scheduled', { running: [], last: undefined }, 5).fields, {
      running: undefined,
      last: undefined,
    });
  });

  it('is kept for a while once its schedule has ended, and for good before', () => {
    const kept = (['scheduled', 'paused', 'completed', 'failed', 'cancelled'] as const).map(
      (state) => writeMove('s', 'any', state, {}, 5).expiresInMs,
    );
    assert.deepEqual(kept, [undefined, undefined, 5, 5, 5]);
  });

  it('two definitions are the same in whatever order their options were written', () => {
    const { every, from, until, priority } = content.options;
    const options: ScheduleOptions = { backoff: { delay: '1s', type: 'fixed' }, priority, until, from, every, overlap: undefined };
    assert.ok(isSameDefinition(content, { ...content, options }));
    assert.ok(!isSameDefinition(content, { ...content, options: { ...options, priority: 'low' } }));
    assert.ok(!isSameDefinition(content, { ...content, payload: '{"room":8}' }));
    assert.ok(isSameRhythm(content.options, { ...options, priority: 'low', until: undefined }));
    assert.ok(!isSameRhythm(content.options, { ...options, from: new Date(6) }));
    assert.ok(!isSameRhythm({ cron: '* * * * *' }, { cron: '* * * * *', timezone: 'Asia/Tokyo' }));
  });
});

describe('the message of an occurrence', () => {
  it('has an id of its own for each schedule, time and edition, with room for the longest', () => {
    const wanted = ['a', 'a:1', 'a:1:e1', 'x'.repeat(150)].flatMap((id) =>
      [1, 11, 9_999_999_999_999].flatMap((due) => ['e1', 'e'.repeat(16)].map((edition) => messageIdOf(id, { due, edition }))),
    );
    assert.equal(messageIdOf('s', { due: 5, edition: 'e1' }), 's:5:e1');
    assert.equal(new Set(wanted).size, wanted.length);
    assert.ok(wanted.every((id) => id.length <= 200));
  });

  it('says which run it is', () => {
    const headers = headersOf({ scheduleId: 's', due: 5, edition: 'e1' });
    assert.deepEqual(occurrenceOf(headers), { scheduleId: 's', due: 5, edition: 'e1' });
    assert.deepEqual(scheduledRunOf(headers), { scheduleId: 's', due: new Date(5) });
    assert.equal(scheduledRunOf({}), undefined);
    assert.equal(occurrenceOf({ ...headers, 'quayside-due': 'soon' }), undefined);
  });
});
