/** The suite's own example of a harness: the memory backend on a test clock. */
import { adapter } from '@quayside/memory';
import type { Harness } from '../harness.js';
import { packageVersion } from '../versions.js';

export const harness: Harness = {
  name: 'memory',
  clock: 'test',
  open: (context) => adapter.open({}, context),
  versions: async () => ({ '@quayside/memory': packageVersion('@quayside/memory') }),
};
