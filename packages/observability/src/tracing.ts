/** Spans of publishing and handling, by OpenTelemetry's conventions for messaging (Development, as of semantic conventions 1.30). */

import {
  type Attributes,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Middleware, Queue, QueueManager } from '@quayside/core';

export interface TracingOptions {
  /** Default: the global provider's, under the name `@quayside/observability`. */
  readonly tracer?: Tracer;
  /**
   * How a handler's span stands to the publisher's. `link` (default): a trace of its own that points to it, as the conventions advise, since
   * a message may be handled hours later, and more than once. `parent`: one trace from the publisher to the handler.
   */
  readonly relation?: 'link' | 'parent';
}

/**
 * A PRODUCER span `publish <queue>` round each publish, whose context travels in the message's headers (W3C `traceparent`), and a CONSUMER span
 * `process <queue>` round each attempt of a handler. Tasks and their handlers are traced by their queues. Call it before `manager.start()`.
 * Without an OpenTelemetry SDK in the process it does nothing. Answers a function that ends it for further queues.
 * @throws ConfigError where a queue was started already
 */
export function traceQueues(manager: QueueManager, options: TracingOptions = {}): () => void {
  const { tracer = trace.getTracer('@quayside/observability'), relation = 'link' } = options;
  return manager.observe({ queue: (queue) => void queue.use(tracing(queue, tracer, relation)) });
}

function tracing({ name: queue }: Queue, tracer: Tracer, relation: 'link' | 'parent'): Middleware {
  const attributesOf = (operation: 'send' | 'process', message: { readonly id: string; readonly type: string }): Attributes => ({
    'messaging.system': 'quayside',
    'messaging.operation.type': operation,
    'messaging.operation.name': operation === 'send' ? 'publish' : 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': message.id,
    'quayside.message.type': message.type,
  });
  return {
    publish: (message, next) =>
      tracer.startActiveSpan(`publish ${queue}`, { kind: SpanKind.PRODUCER, attributes: attributesOf('send', message) }, (span) => {
        const headers = { ...message.headers };
        propagation.inject(context.active(), headers);
        return recorded(span, () => next({ ...message, headers }));
      }),
    process: (message, next, { attempt }) => {
      const sent = propagation.extract(ROOT_CONTEXT, message.headers);
      const sender = trace.getSpanContext(sent);
      const links: Link[] = relation === 'link' && sender !== undefined ? [{ context: sender }] : [];
      const attributes = { ...attributesOf('process', message), 'quayside.message.attempt': attempt };
      const parent = relation === 'parent' ? sent : ROOT_CONTEXT;
      return tracer.startActiveSpan(`process ${queue}`, { kind: SpanKind.CONSUMER, attributes, links }, parent, (span) =>
        recorded(span, next),
      );
    },
  };
}

async function recorded<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const told = error instanceof Error ? error : new Error(String(error));
    span.setAttribute('error.type', told.name);
    span.recordException(told);
    span.setStatus({ code: SpanStatusCode.ERROR, message: told.message });
    throw error;
  } finally {
    span.end();
  }
}
