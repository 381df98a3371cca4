import assert from 'node:assert/strict';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { UnrecoverableError } from '@quayside/core';
import { traceQueues } from '#src/tracing.js';
import { createManager, settledTimes } from './system.js';

const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test');

/** Publishes one message inside of a span `request`, and answers the spans that it led to. */
async function trace1(type: string, relation?: 'link' | 'parent'): Promise<Record<'request' | 'publish' | 'process', ReadableSpan>> {
  await using manager = await createManager();
  traceQueues(manager, { tracer, relation });
  manager.queue().process('bad', () => {
    throw new UnrecoverableError('never');
  });
  manager.queue().process('good', () => trace.getActiveSpan()?.addEvent('in the handler'));
  const settled = settledTimes(manager, 1);
  await manager.start();
  await tracer.startActiveSpan('request', async (span) => {
    await manager.queue().publish(type, 1, { headers: { tenant: 'acme' } });
    span.end();
  });
  await settled;
  const spans = exporter.getFinishedSpans();
  const named = (name: string) => {
    const span = spans.find((one) => one.name === name);
    assert.ok(span, `a span '${name}'`);
    return span;
  };
  return { request: named('request'), publish: named('publish tasks'), process: named('process tasks') };
}

describe('tracing', () => {
  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });

  after(() => {
    context.disable();
    propagation.disable();
  });

  beforeEach(() => exporter.reset());

  it('spans a publish below the span that asked for it, and links the handler to it', async () => {
    const { request, publish, process } = await trace1('good');
    assert.equal(publish.kind, SpanKind.PRODUCER);
    assert.equal(publish.parentSpanContext?.spanId, request.spanContext().spanId);
    assert.equal(process.kind, SpanKind.CONSUMER);
    assert.equal(process.parentSpanContext, undefined);
    assert.notEqual(process.spanContext().traceId, publish.spanContext().traceId);
    assert.deepEqual(
      process.links.map((link) => link.context.spanId),
      [publish.spanContext().spanId],
    );
    assert.equal(process.attributes['messaging.destination.name'], 'tasks');
    assert.equal(process.attributes['messaging.message.id'], publish.attributes['messaging.message.id']);
    assert.deepEqual(
      process.events.map(({ name }) => name),
      ['in the handler'],
      'the span is active in the handler',
    );
  });

  it('makes one trace of both where that is asked for', async () => {
    const { publish, process } = await trace1('good', 'parent');
    assert.equal(process.spanContext().traceId, publish.spanContext().traceId);
    assert.equal(process.parentSpanContext?.spanId, publish.spanContext().spanId);
    assert.deepEqual(process.links, []);
  });

  it('tells an error, and lets it pass', async () => {
    const { publish, process } = await trace1('bad');
    assert.equal(publish.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(process.status, { code: SpanStatusCode.ERROR, message: 'never' });
    assert.equal(process.attributes['error.type'], 'UnrecoverableError');
  });
});
