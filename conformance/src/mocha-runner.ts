import Mocha from 'mocha';
import type { Runner } from './suite.js';

/** The suite's three functions over a Mocha instance, without its globals. */
export function createMochaRunner(mocha: Mocha): Runner {
  let current = mocha.suite;
  const it = Object.assign((title: string, run: () => Promise<void>) => current.addTest(new Mocha.Test(title, run)), {
    /** A test without a function is pending. */
    skip: (title: string) => current.addTest(new Mocha.Test(title)),
  });
  return {
    it,
    describe(title, define) {
      const outer = current;
      current = Mocha.Suite.create(outer, title);
      define();
      current = outer;
    },
    after: (run) => current.afterAll(run),
  };
}

/** Runs what was defined; answers how many failed. */
export function runMocha(mocha: Mocha): Promise<number> {
  return new Promise((resolve) => void mocha.run(resolve));
}
