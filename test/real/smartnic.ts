import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { call } from '../../server/cli/call.ts';
import { type Service, startService } from '../../server/cli/serve.ts';
import { realWorld } from '../../server/engine/world.ts';
import { CredentialsFile } from '../../server/library/credentials.ts';
import { makeLogger } from '../../server/log.ts';
import { shippedWith } from '../shipped.ts';
import { temporaryDirectory } from './directory.ts';
import { type Ovs, startOvs } from './ovs.ts';
import { startSshd } from './sshd.ts';

/** A Mercury that knows one device, `smartnic`: a real Open vSwitch behind a real sshd. `await using` takes all of it away. */
export class SmartNic implements AsyncDisposable {
  readonly ovs: Ovs;
  readonly service: Service;
  readonly folder: string;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(parts: { ovs: Ovs; service: Service; folder: string }, cleanup: AsyncDisposableStack) {
    this.ovs = parts.ovs;
    this.service = parts.service;
    this.folder = parts.folder;
    this.#cleanup = cleanup;
  }

  static async start(): Promise<SmartNic> {
    await using cleanup = new AsyncDisposableStack();
    const folder = await temporaryDirectory('smartnic', cleanup);
    const ovs = cleanup.use(await startOvs());
    const sshd = cleanup.use(await startSshd(ovs));
    const smartnic = {
      platform: 'openvswitch',
      address: sshd.address,
      port: sshd.port,
      credentials: 'smartnic',
      host_keys: [sshd.fingerprint],
      // The login is root's, who may open the database itself.
      vars: { become: false },
    };
    mkdirSync(join(folder, 'inventory'));
    writeFileSync(join(folder, 'inventory', 'real.yml'), dump({ devices: { smartnic } }));
    const credentials = join(folder, 'credentials.yml');
    writeFileSync(credentials, dump({ smartnic: { username: sshd.username, private_key: sshd.privateKey } }), { mode: 0o600 });
    const library = shippedWith(join(folder, 'inventory'));
    const desk = { library, world: realWorld(new CredentialsFile(credentials)), audit: () => {} };
    const config = { host: '127.0.0.1', port: 0, call_time: 60_000, grace: 60_000 };
    const service = await startService(desk, config, makeLogger('silent', 2, 'test'));
    cleanup.defer(async () => void (await service.stop()));
    return new SmartNic({ ovs, service, folder }, cleanup.move());
  }

  /** A call, and how it ended. */
  async ask(method: string, params: object): Promise<{ outcome?: unknown; message?: string }> {
    const reply = await call(this.service.url, method, params);
    return 'result' in reply ? (reply.result as object) : { outcome: reply.error.data?.outcome, message: reply.error.message };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}
