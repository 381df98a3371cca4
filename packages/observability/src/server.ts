import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { QueueManager } from '@quayside/core';
import type { Metrics } from './metrics.js';

export interface ObservabilityServerOptions {
  /** Default 9464, which Prometheus' exporters of OpenTelemetry use; 0 takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1: say `0.0.0.0` where the scraper is on another machine. There is no login. */
  readonly host?: string;
}

export interface ObservabilityServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics` for Prometheus, `GET /health/live` (200 while the process answers) and `GET /health/ready` (200 while every component
 * is up or degraded, else 503; the manager's health as JSON). Nothing else, and nothing that changes anything.
 * @throws what listening throws: the port is taken, or may not be opened
 */
export function serveObservability(
  manager: QueueManager,
  metrics: Metrics,
  { port = 9464, host = '127.0.0.1' }: ObservabilityServerOptions = {},
): Promise<ObservabilityServer> {
  const server = createServer((request, response) => {
    answer(manager, metrics, request, response).catch((error: Error) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${error.message}\n`);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: taken } = server.address() as AddressInfo;
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(manager: QueueManager, metrics: Metrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text());
      return;
    case '/health/live':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"up"}');
      return;
    case '/health/ready': {
      const health = await manager.health();
      response.writeHead(health.status === 'down' ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(health));
      return;
    }
    default:
      response.writeHead(404, { 'content-type': 'text/plain' }).end('/metrics, /health/live, /health/ready\n');
  }
}
