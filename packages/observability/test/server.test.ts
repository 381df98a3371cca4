import assert from 'node:assert/strict';
import { collectMetrics } from '#src/metrics.js';
import { serveObservability } from '#src/server.js';
import { createManager } from './system.js';

describe('the observability server', () => {
  it('answers metrics, liveness and readiness, and nothing else', async () => {
    const manager = await createManager();
    const server = await serveObservability(manager, collectMetrics(manager), { port: 0 });
    try {
      const scraped = await fetch(`${server.url}/metrics`);
      assert.equal(scraped.status, 200);
      assert.match(scraped.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
      assert.match(await scraped.text(), /^# TYPE quayside_messages gauge$/m);

      assert.equal((await fetch(`${server.url}/health/live`)).status, 200);
      const ready = await fetch(`${server.url}/health/ready`);
      assert.equal(ready.status, 200);
      assert.deepEqual(((await ready.json()) as { components: object }).components, (await manager.health()).components);

      assert.equal((await fetch(`${server.url}/else`)).status, 404);
      assert.equal((await fetch(`${server.url}/metrics`, { method: 'POST' })).status, 405);

      await manager.stop();
      const unready = await fetch(`${server.url}/health/ready`);
      assert.equal(unready.status, 503);
      assert.equal(((await unready.json()) as { status: string }).status, 'down');
      assert.equal((await fetch(`${server.url}/health/live`)).status, 200, 'the process itself lives');
      assert.equal((await fetch(`${server.url}/metrics`)).status, 200);
    } finally {
      await server.close();
      await manager.stop();
    }
  });

  it('rejects where the port is taken', async () => {
    await using manager = await createManager();
    const metrics = collectMetrics(manager);
    const server = await serveObservability(manager, metrics, { port: 0 });
    await assert.rejects(serveObservability(manager, metrics, { port: Number(new URL(server.url).port) }), { code: 'EADDRINUSE' });
    await server.close();
  });
});
