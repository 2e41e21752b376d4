import { once } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { type Config, isLoopback } from '../config.ts';
import { type AuditSink, auditSave } from '../engine/audit.ts';
import type { Desk } from '../engine/change.ts';
import type { SaveReport, SaverOptions } from '../engine/saver.ts';
import { closeWorld } from '../engine/world.ts';
import { Complaints } from '../library/complaints.ts';
import type { Library } from '../library/library.ts';
import { type Logger, makeLogger } from '../log.ts';
import type { Office } from '../rpc/answer.ts';
import { makeApp } from '../rpc/app.ts';
import { type Entrance, OPEN, openEntrance } from '../rpc/entrance.ts';
import { type LimitSettings, Limits } from '../rpc/limits.ts';
import { makeServer } from '../rpc/server.ts';
import { cannotListen, listen } from './listen.ts';
import { lockComplaints } from './locks.ts';
import { reloadOnHangup } from './reload.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';
import { firstSignal } from './signals.ts';

/** A running service. */
export interface Service {
  /** `http://host:port` of the first address, with the port that was really taken; `https` over TLS. */
  readonly url: string;
  /** All of them. */
  readonly urls: readonly string[];
  /** Carries out the calls that come from now on with another library. */
  take(library: Library): void;
  /** Refuses new changes, lets running ones finish within the grace time, then stops. Answers whether all of them finished. */
  stop(): Promise<boolean>;
}

type Settings = Pick<Config, 'port' | 'call_time' | 'grace'> & LimitSettings & { readonly host: string | readonly string[] };

/** Starts the service; @throws when an address cannot be listened on */
export async function startService(desk: Desk, config: Settings, log: Logger, entrance: Entrance = OPEN): Promise<Service> {
  let closing = false;
  let { library } = desk;
  const limits = new Limits(config);
  const office = (): Office => ({ desk: { ...desk, library }, callTime: config.call_time, limits, log, closing });
  const app = makeApp(office, entrance.schemes);
  const listening = await listen(() => makeServer(app, log, entrance.tls), [config.host].flat(), config.port);
  const urls = listening.addresses.map(({ address, port }) => {
    const host = address.includes(':') ? `[${address}]` : address;
    return `${entrance.tls ? 'https' : 'http'}://${host}:${port}`;
  });
  return {
    url: urls[0] ?? '',
    urls,
    take: another => {
      library = another;
    },
    stop: async () => {
      closing = true;
      const late = AbortSignal.timeout(config.grace);
      const finished = (await drained(desk, late)) && (await inTime(closeWorld(desk.world), late));
      await listening.close();
      return finished;
    },
  };
}

/** Runs until SIGTERM or SIGINT; SIGHUP reads the library again. */
export async function serveCommand(options: CommonOptions): Promise<number> {
  const config = readConfig(options);
  const log = makeLogger(config.log_level, 2, 'mercury');
  const audit = makeLogger('info', 1, 'audit');
  const complaints = new Complaints();
  const sink: AuditSink = (line, message) => audit.info(line, message);
  const service = { everyDevice: true, idle: config.keep_session, saving: savingBy(config, sink, log) };
  const desk = complaints.try(() => openDesk(options, config, sink, service));
  const entrance = complaints.try(() => openEntrance(config, options.root));
  for (const { place, message } of desk ? await lockComplaints(desk.world.locks, config) : []) complaints.add(place, message);
  complaints.throwIfAny();
  if (!desk || !entrance) return 2;
  const running = await startService(desk, config, log, entrance).catch((thrown: NodeJS.ErrnoException & { address?: string }) => {
    const where = `${thrown.address ?? config.host.join(', ')} port ${config.port}`;
    throw cannotListen(where, thrown, 'MERCURY_PORT, or `port:` in mercury.yml, chooses another');
  });
  reloadOnHangup(desk.library, () => openDesk(options, config, desk.audit, { everyDevice: true }).library, running.take, log);
  // Whoever reads the address may be quick.
  const told = firstSignal(another => log.info(`${another}: already stopping`));
  log.info(
    {
      url: running.url,
      urls: running.urls,
      auth: config.auth,
      devices: desk.library.devices.size,
      platforms: [...desk.library.platforms.keys()],
    },
    `listening on ${running.url}`,
  );
  if (desk.library.devices.size === 0) log.warn('the inventory has no devices: every call will be refused');
  if (!desk.library.policy) log.warn('there is no policy.yml in the inventory: whoever may call may do all that the inventory allows');
  if (entrance.tls?.untimely) log.warn(entrance.tls.untimely);
  if (config.auth.includes('basic') && !entrance.tls && !config.host.every(isLoopback))
    log.warn('passwords come here in plain text, from wherever this can be reached: set tls_cert and tls_key');
  if (config.auth.includes('digest') && !entrance.tls && !config.host.every(isLoopback))
    log.warn('who is on the way of a call can read it, and change what it asks for: set tls_cert and tls_key');
  const signal = await told;
  log.info({ running: desk.world.queue.size }, `${signal}: finishing what runs, refusing what comes`);
  if (await running.stop()) {
    log.info('stopped');
    return 0;
  }
  const { size, devices } = desk.world.queue;
  const unsaved = desk.world.saver?.devices ?? [];
  log.error({ running: size, devices, unsaved }, 'stopped after the grace time, with changes still running: look at these devices');
  // The sessions of those changes would keep the process.
  process.exit(1);
}

/** Waits for the running changes; true when the last one ended in time. */
async function drained(desk: Desk, late: AbortSignal): Promise<boolean> {
  do {
    while (desk.world.queue.size > 0) if (!(await inTime(desk.world.queue.idle(), late))) return false;
    // Between two links of one call nothing is queued for a moment; and the last answers are on their way out.
    await turnOfTheLoop();
  } while (desk.world.queue.size > 0);
  return true;
}

async function inTime(work: Promise<void>, late: AbortSignal): Promise<boolean> {
  if (late.aborted) return false;
  return Promise.race([work.then(() => true), once(late, 'abort').then(() => false)]);
}

/** A save that was put off and failed is for somebody to see to: nobody who asked for the change hears of it. */
function savingBy({ save_after, save_within }: Config, sink: AuditSink, log: Logger): SaverOptions | undefined {
  if (save_after === 0) return undefined;
  const report = (told: SaveReport) => {
    auditSave(told, sink);
    const { device, requests, tries, failure, again } = told;
    if (failure === undefined) return;
    const next = again === undefined ? 'nobody tries again before the next change there' : `tried again in ${again / 1000} s`;
    log.error({ device, requests, tries, why: failure }, `${device} is changed and not saved, a reload would undo it: ${next}`);
  };
  return { quiet: save_after, atMost: save_within, report };
}
