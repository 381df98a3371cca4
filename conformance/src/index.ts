export { type Case, lackingNeeds, type Need } from './case.js';
export type { Faults, Harness, HarnessEngines } from './harness.js';
export type { PortName } from './port.js';
export { type CaseResult, type CaseStatus, type Counts, Report } from './report.js';
export { type ConformanceOptions, defineConformance, type Runner } from './suite.js';
export { packageVersion } from './versions.js';
