/** Metrics, traces and health checks of a Quayside manager. */
export { collectMetrics, type Metrics, type MetricsOptions } from './metrics.js';
export { type ObservabilityServer, type ObservabilityServerOptions, serveObservability } from './server.js';
export { type TracingOptions, traceQueues } from './tracing.js';
