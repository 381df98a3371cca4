import type { EventBus, Queue, Scheduler } from '@quayside/core';

export interface Order {
  readonly id: string;
  readonly email: string;
}

export interface OrderTasks {
  confirm: Order;
}

export interface OrderTimes {
  remind: Order;
}

export interface OrderEvents {
  'order.confirmed': { readonly id: string };
}

/** The outer world of the desk. */
export interface Mailer {
  send(to: string, text: string): Promise<void>;
}

/** What the desk is given: ports, not backends. */
export interface OrderPorts {
  readonly queue: Queue<OrderTasks>;
  readonly scheduler: Scheduler<OrderTimes>;
  readonly events: EventBus<OrderEvents>;
}

/** Unpaid for so long, and a customer is reminded. */
const payWithin = '1h';

/** Confirms orders by mail, says so to the other services, and reminds whoever has not paid. It does not know what stands behind its ports. */
export class OrderDesk {
  readonly #ports: OrderPorts;
  readonly #mailer: Mailer;

  constructor(ports: OrderPorts, mailer: Mailer) {
    this.#ports = ports;
    this.#mailer = mailer;
    ports.queue.process('confirm', ({ payload }) => this.#confirm(payload));
    ports.scheduler.process('remind', ({ payload }) => this.#remind(payload));
  }

  /** An order that is placed again within a day is the same order. */
  async place(order: Order): Promise<void> {
    await this.#ports.queue.publish('confirm', order, { deduplication: { id: order.id, window: '1d' } });
  }

  /** Whether a reminder was still to come. */
  async paid(orderId: string): Promise<boolean> {
    return (await this.#ports.scheduler.cancel(reminderOf(orderId))) === 'cancelled';
  }

  /** It may run again after a crash: the reminder's id keeps it one reminder. */
  async #confirm(order: Order): Promise<void> {
    await this.#mailer.send(order.email, `Thank you for order ${order.id}.`);
    await this.#ports.scheduler.schedule('remind', order, { delay: payWithin, id: reminderOf(order.id), onConflict: 'ignore' });
    await this.#ports.events.emitAsync('order.confirmed', { id: order.id });
  }

  async #remind({ id, email }: Order): Promise<void> {
    await this.#mailer.send(email, `Order ${id} waits for your payment.`);
  }
}

function reminderOf(orderId: string): string {
  return `reminder/${orderId}`;
}
