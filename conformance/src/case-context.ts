import type { Duration } from '@quayside/core';
import type { Gate } from './gate.js';
import type { Scope } from './scope.js';
import type { Condition } from './time.js';

/** What a case is given, whatever its port: time, chance, gates. Each port's context adds its engines. */
export class CaseContext {
  readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Milliseconds since the epoch, by the clock that the engines have. */
  now(): number {
    return this.scope.time.clock.now();
  }

  /** On a test clock what is due begins exactly then; on a server's clock a busy machine may hold it up. */
  get isTimeExact(): boolean {
    return this.scope.harness.clock === 'test';
  }

  random(): number {
    return this.scope.random();
  }

  /** A promise for a handler to wait on, kept when the case opens the gate, at the latest at its end. */
  gate(): Gate {
    return this.scope.gate();
  }

  advance(duration: Duration): Promise<void> {
    return this.scope.advance(duration);
  }

  /** Lets time pass until the condition holds; fails after `duration`. */
  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return this.scope.within(duration, condition, what);
  }

  /** Waits for what is under way already; a test clock stands still meanwhile. */
  eventually(condition: Condition, what: string): Promise<void> {
    return this.scope.eventually(condition, what);
  }

  /** Lets time pass until the call settles, and answers as it does; fails after `duration`. */
  settles<T>(duration: Duration, call: Promise<T>, what: string): Promise<T> {
    return this.scope.settles(duration, call, what);
  }

  settle(): Promise<void> {
    return this.scope.settle();
  }
}
