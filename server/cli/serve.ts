import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { Desk } from '../engine/change.ts';
import { type Logger, makeLogger } from '../log.ts';
import type { Office } from '../rpc/answer.ts';
import { makeApp, makeServer } from '../rpc/app.ts';
import { cannotListen } from './listen.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';
import { firstSignal } from './signals.ts';

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
  const desk = openDesk(options, config, (line, message) => audit.info(line, message), true);
  const service = await startService(desk, config, log).catch((thrown: NodeJS.ErrnoException) => {
    throw cannotListen(`${config.host} port ${config.port}`, thrown, 'MERCURY_PORT, or `port:` in mercury.yml, chooses another');
  });
  // Whoever reads the address may be quick.
  const told = firstSignal(another => log.info(`${another}: already stopping`));
  log.info(
    { url: service.url, devices: desk.library.devices.size, platforms: [...desk.library.platforms.keys()] },
    `listening on ${service.url}`,
  );
  if (desk.library.devices.size === 0) log.warn('the inventory has no devices: every call will be refused');
  const signal = await told;
  log.info({ running: desk.world.queue.size }, `${signal}: finishing what runs, refusing what comes`);
  if (await service.stop()) {
    log.info('stopped');
    return 0;
  }
  const { size, devices } = desk.world.queue;
  log.error({ running: size, devices }, 'stopped after the grace time, with changes still running: look at these devices');
  // The sessions of those changes would keep the process.
  process.exit(1);
}

/** Waits for the running changes; true when the last one ended in time. */
async function drained(desk: Desk, grace: number): Promise<boolean> {
  const late = AbortSignal.timeout(grace);
  do {
    while (desk.world.queue.size > 0) {
      if (late.aborted) return false;
      await Promise.race([desk.world.queue.idle(), once(late, 'abort').catch(() => undefined)]);
    }
    // Between two links of one call nothing is queued for a moment; and the last answers are on their way out.
    await turnOfTheLoop();
  } while (desk.world.queue.size > 0);
  return true;
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  const forced = setTimeout(() => server.closeAllConnections(), 1000);
  await once(server, 'close');
  clearTimeout(forced);
}
