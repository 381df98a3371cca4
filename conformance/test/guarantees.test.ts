import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { faultContents } from '#src/faults/contents.js';
import { ports } from '#src/ports.js';

const page = readFileSync(new URL('../../docs/GUARANTEES.md', import.meta.url), 'utf8');
const named = new Set([...page.matchAll(/\b[A-Z]-[0-9A-Z]{2}\b/g)].map(([id]) => id));
const rows = new Set([...ports.flatMap(({ contents }) => contents), ...faultContents]);

describe('docs/GUARANTEES.md', () => {
  it('names every row of the suite behind a promise', () => {
    assert.deepEqual(
      [...rows].filter((id) => !named.has(id)),
      [],
    );
  });

  it('names no row that does not exist', () => {
    assert.deepEqual(
      [...named].filter((id) => !rows.has(id)),
      [],
    );
  });
});
