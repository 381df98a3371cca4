import assert from 'node:assert/strict';
import sinon from 'sinon';
import { type Mailer, OrderDesk, type OrderEvents, type OrderPorts, type OrderTasks, type OrderTimes } from '#src/order-desk.js';
import { openSystem, type TestSystem } from './system.js';

const order = { id: 'o-1', email: 'ada@example.com' };
const thanks = 'Thank you for order o-1.';
const reminder = 'Order o-1 waits for your payment.';

describe('the order desk', () => {
  let system: TestSystem;
  let ports: OrderPorts;
  let send: sinon.SinonStub<Parameters<Mailer['send']>, Promise<void>>;
  let confirmed: sinon.SinonSpy;
  let desk: OrderDesk;

  beforeEach(async () => {
    system = await openSystem();
    const { manager } = system;
    ports = { queue: manager.queue<OrderTasks>(), scheduler: manager.scheduler<OrderTimes>(), events: manager.events<OrderEvents>() };
    send = sinon.stub<Parameters<Mailer['send']>, Promise<void>>().resolves();
    confirmed = sinon.spy();
    ports.events.on('order.confirmed', ({ payload }) => confirmed(payload));
    desk = new OrderDesk(ports, { send });
    await manager.start();
  });
  afterEach(() => system.close());

  const isAtRest = async () => {
    const { queue_length, processing_count, delayed_count } = await ports.queue.stats();
    return queue_length + processing_count + delayed_count === 0;
  };
  const isConfirmed = () => system.until(async () => confirmed.called && (await isAtRest()), 'the order is confirmed');

  it('thanks by mail, and tells the other services', async () => {
    await desk.place(order);
    await isConfirmed();
    sinon.assert.calledOnceWithExactly(send, order.email, thanks);
    sinon.assert.calledOnceWithExactly(confirmed, { id: order.id });
  });

  it('confirms an order once, however often it is placed', async () => {
    await Promise.all([desk.place(order), desk.place(order)]);
    await desk.place({ ...order, id: 'o-2' });
    await system.until(() => confirmed.calledTwice, 'both orders are confirmed');
    await system.until(isAtRest, 'the queue is empty');
    assert.deepEqual(confirmed.args.map(([{ id }]) => id).sort(), ['o-1', 'o-2']);
    assert.equal((await ports.queue.stats()).total_published, 2);
  });

  it('tries again when the mail server is away', async () => {
    send.onFirstCall().rejects(new Error('no mail server'));
    await desk.place(order);
    await system.until(async () => (await ports.queue.stats()).delayed_count === 1, 'the second attempt waits');
    sinon.assert.notCalled(confirmed);
    await system.clock.advance('1m');
    await isConfirmed();
    sinon.assert.calledTwice(send);
  });

  it('keeps an order that could not be confirmed, with the error, until it is sent on', async () => {
    send.rejects(new Error('no mail server'));
    await desk.place(order);
    await system.until(async () => {
      await system.clock.advance('10s');
      return (await ports.queue.stats()).dead_letter_count === 1;
    }, 'the order is a dead letter');
    const [dead] = (await ports.queue.deadLetters.list()).items;
    assert.deepEqual([dead?.message.payload, dead?.reason, dead?.errors.at(-1)?.message], [order, 'attempts-exhausted', 'no mail server']);
    assert.equal(send.callCount, 4);
    send.resolves();
    assert.equal(await ports.queue.deadLetters.redriveAll(), 1);
    await isConfirmed();
  });

  it('reminds whoever has not paid within an hour, and not before', async () => {
    await desk.place(order);
    await isConfirmed();
    await system.clock.advance('59m');
    sinon.assert.calledOnce(send);
    await system.clock.advance('1m');
    await system.until(() => send.calledTwice, 'the reminder is sent');
    sinon.assert.calledWithExactly(send.secondCall, order.email, reminder);
  });

  it('does not remind whoever has paid', async () => {
    await desk.place(order);
    await desk.place({ ...order, id: 'o-2' });
    await system.until(() => confirmed.calledTwice, 'both orders are confirmed');
    assert.equal(await desk.paid(order.id), true);
    await system.clock.advance('1h');
    await system.until(() => send.calledThrice, 'the other order has its reminder');
    sinon.assert.neverCalledWith(send, order.email, reminder);
    assert.equal(await desk.paid('o-2'), false, 'its reminder was sent');
  });
});
