import assert from 'node:assert/strict';
import { definePort, findContentsProblems, type PortParts } from '#src/port.js';
import { ports } from '#src/ports.js';

const nothing = async () => {};

function portOf(contents: readonly string[], cases: readonly (readonly [string, string])[]): ReturnType<typeof definePort> {
  const parts: PortParts<unknown> = {
    name: 'queue',
    title: 'Queue',
    contents,
    cases: cases.map(([id, title]) => ({ id, title, run: nothing })),
    capabilities: () => ({}),
    open: async () => undefined,
  };
  return definePort(parts);
}

describe('a table of contents', () => {
  it('agrees with its cases where each row has one or more', () => {
    assert.deepEqual(
      findContentsProblems(
        portOf(
          ['Q-1', 'Q-2'],
          [
            ['Q-1', 'a'],
            ['Q-2', 'b'],
            ['Q-2', 'c'],
          ],
        ),
      ),
      [],
    );
  });

  it('tells a row without a case, and a case without a row', () => {
    const problems = findContentsProblems(
      portOf(
        ['Q-1', 'Q-2'],
        [
          ['Q-1', 'a'],
          ['Q-3', 'b'],
        ],
      ),
    );
    assert.deepEqual(problems, ['Q-2 has no case', 'Q-3 (b) is not in the contents']);
  });

  it('tells an id that stands twice, and two cases of one name', () => {
    const problems = findContentsProblems(
      portOf(
        ['Q-1', 'Q-1'],
        [
          ['Q-1', 'a'],
          ['Q-1', 'a'],
        ],
      ),
    );
    assert.deepEqual(problems, ['Q-1 stands twice in the contents', "two cases are called 'Q-1 a'"]);
  });

  it('gives the order in which the cases run', () => {
    const { cases } = portOf(
      ['Q-2', 'Q-1'],
      [
        ['Q-1', 'a'],
        ['Q-2', 'b'],
        ['Q-1', 'c'],
      ],
    );
    assert.deepEqual(
      cases.map(({ title }) => title),
      ['b', 'a', 'c'],
    );
  });

  it('names no row that another port has', () => {
    const rows = ports.flatMap(({ contents }) => contents);
    assert.equal(new Set(rows).size, rows.length);
  });
});
