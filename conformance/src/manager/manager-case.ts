import type { Case } from '../case.js';
import type { ManagerContext } from './context.js';

export type ManagerCase = Case<ManagerContext>;
