import type { Case } from '../case.js';
import type { DispatcherContext } from './context.js';

export type DispatcherCase = Case<DispatcherContext>;
