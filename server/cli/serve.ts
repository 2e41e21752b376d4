import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { Desk } from '../engine/change.ts';
import { type Logger, makeLogger } from '../log.ts';
import type { Office } from '../rpc/answer.ts';
import { makeApp, makeServer } from '../rpc/app.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';

/** A running service. */
export interface Service {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string;
  /** Refuses new changes, lets running ones finish within the grace time, then stops. Answers whether all of them finished. */
  stop(): Promise<boolean>;
}

/** Starts the service; @throws when the address cannot be listened on */
export async function startService(
  desk: Desk,
  config: Pick<Config, 'host' | 'port' | 'call_time' | 'grace'>,
  log: Logger,
): Promise<Service> {
  let closing = false;
  const office = (): Office => ({ desk, callTime: config.call_time, log, closing });
  const server = makeServer(makeApp(office));
  server.listen({ host: config.host, port: config.port, backlog: 511 });
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    stop: async () => {
      closing = true;
      const finished = await drained(desk, config.grace);
      await closed(server);
      return finished;
    },
  };
}

/** Runs until SIGTERM or SIGINT. */
export async function serveCommand(options: CommonOptions): Promise<number> {
  const config = readConfig(options);
  const log = makeLogger(config.log_level, 2, 'mercury');
  const audit = makeLogger('info', 1, 'audit');
  const desk = { ...openDesk(options, config), audit: (line: object, message: string) => audit.info(line, message) };
  const service = await startService(desk, config, log);
  log.info(
    { url: service.url, devices: desk.library.devices.size, platforms: [...desk.library.platforms.keys()] },
    `listening on ${service.url}`,
  );
  const signal = await firstSignal(['SIGTERM', 'SIGINT']);
  log.info({ running: desk.world.queue.size }, `${signal}: finishing what runs, refusing what comes`);
  const finished = await service.stop();
  log.info(finished ? 'stopped' : 'stopped after the grace time, with changes still running');
  return finished ? 0 : 1;
}

/** Waits for the running changes; true when the last one ended in time. */
async function drained(desk: Desk, grace: number): Promise<boolean> {
  const late = AbortSignal.timeout(grace);
  while (desk.world.queue.size > 0) {
    if (late.aborted) return false;
    await Promise.race([desk.world.queue.idle(), once(late, 'abort').catch(() => undefined)]);
  }
  // The last answers are on their way out.
  await pause(0);
  return true;
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const forced = setTimeout(() => server.closeAllConnections(), 1000);
  await once(server, 'close');
  clearTimeout(forced);
}

function firstSignal(signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}
