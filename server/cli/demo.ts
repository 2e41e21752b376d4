import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, startLab } from '../lab/lab.ts';
import { makeLogger } from '../log.ts';
import type { Outcome } from '../model.ts';
import { call } from './call.ts';
import { LAB_DEVICES, writeLabFiles } from './lab.ts';
import { columns, paint, paintOutcome, say } from './paint.ts';
import { startService } from './serve.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';

interface Told {
  readonly what: string;
  readonly device: string;
  readonly expected: Outcome;
  readonly outcome: Outcome;
}

interface Answer {
  readonly outcome: Outcome;
  readonly devices: readonly {
    readonly device: string;
    readonly commands: readonly { readonly sent: string; readonly source: string }[];
  }[];
}

/** A node's way from provisioning to its tenant and off again, on one switch of each vendor, and three things that go wrong. */
export async function demoCommand(options: CommonOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-demo-'));
  try {
    return await runDemo(options, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runDemo(options: CommonOptions, folder: string): Promise<number> {
  await using lab = await startLab({ devices: LAB_DEVICES });
  writeLabFiles(lab, folder);
  const config = {
    ...readConfig(options, {}),
    inventory: join(folder, 'inventory'),
    credentials: join(folder, 'credentials.yml'),
    port: 0,
  };
  const desk = { ...openDesk(options, config), audit: () => {} };
  const service = await startService(desk, config, makeLogger('error', 2, 'mercury'));
  say(`${paint('bold', 'Mercury')} at ${service.url}, and five simulated switches behind real SSH servers on 127.0.0.1`);
  const told: Told[] = [];
  const stage = new Stage(lab, service.url, told);
  try {
    for (const device of lab.devices.keys()) await stage.life(device);
    await stage.dryRun();
    await stage.refused();
    await stage.failure();
  } finally {
    await service.stop();
  }
  return summary(told);
}

class Stage {
  readonly #lab: Lab;
  readonly #url: string;
  readonly #told: Told[];

  constructor(lab: Lab, url: string, told: Told[]) {
    this.#lab = lab;
    this.#url = url;
    this.#told = told;
  }

  /** Provisioning network, tenant network as a trunk, the same again, detached, the network deleted. */
  async life(device: string): Promise<void> {
    const { platform } = this.#lab.device(device);
    say();
    say(paint('inverse', ` ${device} (${platform}) `));
    const added: Outcome = platform === 'openvswitch' ? 'unchanged' : 'applied';
    const vlans = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b' };
    for (const [vlan, name] of Object.entries(vlans)) await this.#network('add_network', device, Number(vlan), name, added);
    await this.#port('attach_port', device, 'The node boots: its port goes to the provisioning network', 'applied', { native_vlan: 100 });
    await this.#port('update_port', device, 'Deployed: the port becomes a trunk of the tenant', 'applied', {
      mode: 'trunk',
      native_vlan: 200,
      allowed_vlans: [201],
    });
    await this.#port('update_port', device, 'Asked again: nothing is typed', 'unchanged', {
      mode: 'trunk',
      native_vlan: 200,
      allowed_vlans: [201],
    });
    await this.#port('detach_port', device, 'The node is torn down: its port is closed', 'applied', {});
    await this.#network('delete_network', device, 201, 'tenant-b', added);
  }

  async dryRun(): Promise<void> {
    const device = this.#first('arista_eos');
    say();
    say(paint('inverse', ' A dry run: what would be typed, and nobody logged in '));
    const before = this.#lab.device(device).logins;
    await this.#port('attach_port', device, 'Dry run of an attach', 'planned', { native_vlan: 100, dry_run: true });
    if (this.#lab.device(device).logins !== before) throw new Error('a dry run logged in');
  }

  async refused(): Promise<void> {
    say();
    say(paint('inverse', ' A call that is refused before anyone logs in '));
    await this.#port('attach_port', this.#first('cisco_ios'), 'VLAN 1 is nobody’s to attach', 'refused', { native_vlan: 1 });
  }

  async failure(): Promise<void> {
    const device = this.#first('cisco_ios');
    say();
    say(paint('inverse', ' A device that fails in the middle: the port ends closed '));
    this.#lab
      .device(device)
      .faults.plant({ on: /no switchport trunk native vlan/, does: 'refuse', says: '% Failed to allocate hardware resources' });
    await this.#port('attach_port', device, 'The switch refuses a line half-way', 'rescued', { native_vlan: 200 });
    say(paint('dim', '  and this is what the switch has now:'));
    const port = this.#lab.device(device).device.ports[0] ?? '';
    for (const line of interfaceBlock(this.#lab.device(device).device.running(), port)) say(`    ${line}`);
  }

  #first(platform: string): string {
    const found = [...this.#lab.devices.values()].find(device => device.platform === platform);
    if (!found) throw new Error(`no ${platform} in the lab`);
    return found.name;
  }

  #port(method: string, device: string, what: string, expected: Outcome, more: object): Promise<void> {
    const port = {
      id: '5a3c1f6e-2b7d-4c7e-9d55-0c8f3f9a1e10',
      address: '52:54:00:12:34:56',
      device_id: 'f2b9f0de-7f9c-4f52-9f0e-3a4c1b6d7e88',
      local_link_information: [{ switch_info: device, port_id: this.#lab.device(device).device.ports[0] }],
    };
    const context = { request_id: 'req-demo', node: '1be26c0b-03f2-4d2e-ae87-c02d7f33c781', reason: what };
    return this.#call(method, device, what, expected, { context, port, ...more });
  }

  #network(method: string, device: string, vlan: number, name: string, expected: Outcome): Promise<void> {
    const network = { name, segmentation_id: vlan, network_type: 'vlan' };
    return this.#call(method, device, `${method} ${name} (VLAN ${vlan})`, expected, { network, devices: [device] });
  }

  async #call(method: string, device: string, what: string, expected: Outcome, params: object): Promise<void> {
    const reply = await call(this.#url, method, params);
    const answer = ('result' in reply ? reply.result : (reply.error.data ?? { outcome: 'unknown' })) as Answer;
    say(`${paint('bold', what)}: ${paintOutcome(answer.outcome)}`);
    for (const { commands } of answer.devices ?? []) {
      for (const row of columns(commands.map(({ sent, source }) => [`  ${paint('green', '>')} ${sent}`, paint('dim', source)]))) say(row);
    }
    if ('error' in reply) say(`  ${paint('yellow', reply.error.message)}`);
    this.#told.push({ what, device, expected, outcome: answer.outcome });
  }
}

function interfaceBlock(running: string, port: string): string[] {
  const lines = running.split('\n');
  const start = lines.indexOf(`interface ${port}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith(' '));
  return lines.slice(start, end);
}

function summary(told: readonly Told[]): number {
  say();
  const wrong = told.filter(({ expected, outcome }) => expected !== outcome);
  for (const { device, what, expected, outcome } of wrong)
    say(paint('red', `${device}: ${what}: ${outcome}, where it should be ${expected}`));
  const counts = Map.groupBy(told, ({ outcome }) => outcome);
  say(`${told.length} calls: ${[...counts].map(([outcome, calls]) => `${calls.length} ${paintOutcome(outcome)}`).join(', ')}`);
  return wrong.length === 0 ? 0 : 1;
}
