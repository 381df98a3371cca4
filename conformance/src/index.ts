export { type Case, lackingNeeds, type Need } from './case.js';
export type { Faults, Harness, HarnessEngines } from './harness.js';
export { harness as memoryHarness } from './harnesses/memory.js';
export type { PortName } from './port.js';
export { type CaseOutcome, type CaseResult, type CaseStatus, type Counts, type PlannedCase, Report } from './report.js';
export { type ConformanceOptions, defineConformance, type Runner } from './suite.js';
export { packageVersion } from './versions.js';
