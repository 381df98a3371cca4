import { Container, ContainerModule } from 'inversify';
import { ConfigError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Adapter } from '../ports/adapter.js';
import type { Clock } from '../time/clock.js';
import type { OpenBackend } from './backends.js';
import type { QueueManager } from './manager.js';
import { ADAPTER, BACKEND, CLOCK, DISPATCHER, EVENT_BUS, LOGGER, MANAGER, PUBSUB, QUEUE, SCHEDULER } from './tokens.js';

/**
 * An adapter as a module of a container: a config's `type` then chooses it.
 *
 * @example
 * const container = new Container();
 * container.load(adapterModule(kafka));
 * const manager = await QueueManager.create({ message_queue: { type: 'kafka' } }, { container });
 */
export function adapterModule(adapter: Adapter): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(ADAPTER).toConstantValue(adapter).whenNamed(adapter.type);
  });
}

/** What a manager offers to services. A port that is left out, or lacking, throws its own clear error when it is injected. */
export function portsModule(
  manager: QueueManager,
  { backends, clock, logger }: { readonly backends: readonly OpenBackend[]; readonly clock: Clock; readonly logger: Logger },
): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(MANAGER).toConstantValue(manager);
    bind(CLOCK).toConstantValue(clock);
    bind(LOGGER).toConstantValue(logger);
    bind(QUEUE).toDynamicValue(() => manager.queue());
    bind(PUBSUB).toDynamicValue(() => manager.pubsub());
    bind(EVENT_BUS).toDynamicValue(() => manager.events());
    bind(SCHEDULER).toDynamicValue(() => manager.scheduler());
    bind(DISPATCHER).toDynamicValue(() => manager.dispatcher());
    for (const { plan, backend } of backends) bind(BACKEND).toConstantValue(backend).whenNamed(plan.type);
  });
}

/** The container that a manager binds into: the one given, or its own. Side by side, each manager has one of its own, or a child. */
export function containerFor(given: Container | undefined): Container {
  if (given?.isCurrentBound(MANAGER) === true) {
    throw new ConfigError('this container has a manager already', [
      { path: 'options.container', message: 'give each manager a container of its own, or a child: new Container({ parent })' },
    ]);
  }
  return given ?? new Container();
}
