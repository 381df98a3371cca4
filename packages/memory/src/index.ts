export { adapter, type MemoryAdapter, type MemoryOptions } from './adapter.js';
export { MemoryBackend } from './backend.js';
