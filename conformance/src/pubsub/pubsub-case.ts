import type { Case } from '../case.js';
import type { PubSubContext } from './context.js';

export type PubSubCase = Case<PubSubContext>;
