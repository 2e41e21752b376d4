import type { Lab } from '../lab/lab.ts';
import type { Outcome } from '../result.ts';
import { call } from './call.ts';
import { linesOf, type Row, showRehearsal, showRows } from './listing.ts';
import { paint, paintOutcome, prose, say } from './paint.ts';

/** A call of the demo: how it should end, and how it did. */
export interface Told {
  readonly what: string;
  readonly device: string;
  readonly expected: Outcome;
  readonly outcome: Outcome;
}

/** A call's result, or the `data` of its error. */
interface Answer {
  readonly outcome: Outcome;
  readonly devices?: readonly { readonly saved: { readonly state: string }; readonly commands: readonly Row[] }[];
}

interface Call {
  readonly method: string;
  readonly device: string;
  /** What happens, as a person would tell it. */
  readonly what: string;
  /** What is asked, in a few words. */
  readonly asked: string;
  readonly expected: Outcome;
  readonly params: object;
  /** Show what the device said, too. */
  readonly heard?: boolean;
}

/** Where the demo plays: the calls it makes, each told as it happens. */
export class Stage {
  readonly told: Told[] = [];
  readonly #lab: Lab;
  readonly #url: string;

  constructor(lab: Lab, url: string) {
    this.#lab = lab;
    this.#url = url;
  }

  /** Networks, provisioning, the tenant's trunk, the same again, detached, a network deleted. */
  async life(device: string): Promise<void> {
    const made: Outcome = this.#lab.device(device).platform === 'openvswitch' ? 'unchanged' : 'applied';
    if (made === 'unchanged') tell('Open vSwitch has no list of VLANs: a network is there as soon as a port uses it.');
    const networks = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b' };
    for (const [vlan, name] of Object.entries(networks)) await this.#network('add_network', device, Number(vlan), name, made);
    const trunk = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201] };
    await this.#port('attach_port', device, 'The server boots: its port goes to the provisioning network', 'applied', { native_vlan: 100 });
    await this.#port('update_port', device, 'It is deployed: the port becomes a trunk of its tenant', 'applied', trunk);
    await this.#port('update_port', device, 'Ironic asks the same again', 'unchanged', trunk);
    await this.#port('detach_port', device, 'It is torn down: the port is taken off every network', 'applied', {});
    await this.#network('delete_network', device, 201, 'tenant-b', made);
  }

  async dryRun(device: string): Promise<void> {
    tell('What would an attach type? The answer is the whole plan, made without logging in anywhere.');
    const before = this.#lab.device(device).logins;
    await this.#port('attach_port', device, 'A dry run of an attach', 'planned', { native_vlan: 100, dry_run: true });
    if (this.#lab.device(device).logins !== before) throw new Error('a dry run logged in');
  }

  async refused(device: string): Promise<void> {
    tell('VLAN 1 is nobody’s to attach: the network team’s platform file says so, and that is enough. Nobody logs in.');
    await this.#port('attach_port', device, 'Ironic asks for VLAN 1', 'refused', { native_vlan: 1 });
  }

  async failure(device: string): Promise<void> {
    tell('The next attach meets a switch that runs out of hardware in the middle of it. A half-done port must not stay open.');
    this.#lab
      .device(device)
      .faults.plant({ on: /no switchport trunk native vlan/, does: 'refuse', says: '% Failed to allocate hardware resources' });
    await this.#port('attach_port', device, 'The switch refuses a line', 'rescued', { native_vlan: 200 }, true);
    const port = this.#portOf(device);
    say(`  What the switch itself has for ${port} now`);
    for (const line of interfaceBlock(this.#lab.device(device).device.running(), port)) say(paint('dim', `    ${line}`));
  }

  #portOf(device: string): string {
    return this.#lab.device(device).device.ports[0] ?? '';
  }

  #port(method: string, device: string, what: string, expected: Outcome, more: object, heard = false): Promise<void> {
    const link = { switch_info: device, port_id: this.#portOf(device) };
    const port = {
      id: '5a3c1f6e-2b7d-4c7e-9d55-0c8f3f9a1e10',
      address: '52:54:00:12:34:56',
      device_id: 'f2b9f0de-7f9c-4f52-9f0e-3a4c1b6d7e88',
      local_link_information: [link],
    };
    const context = { request_id: 'req-demo', node: '1be26c0b-03f2-4d2e-ae87-c02d7f33c781', reason: what };
    const asked = [link.port_id, ...Object.entries(more).map(([name, value]) => `${name}=${String(value)}`)].join(' ');
    return this.#call({ method, device, what, asked, expected, params: { context, port, ...more }, heard });
  }

  #network(method: string, device: string, vlan: number, name: string, expected: Outcome): Promise<void> {
    const network = { name, segmentation_id: vlan, network_type: 'vlan' };
    const what = method === 'add_network' ? `The network ${name} is created` : `The network ${name} is deleted`;
    return this.#call({ method, device, what, asked: `${name} segmentation_id=${vlan}`, expected, params: { network, devices: [device] } });
  }

  async #call({ method, device, what, asked, expected, params, heard = false }: Call): Promise<void> {
    const reply = await call(this.#url, method, params);
    const answer = ('result' in reply ? reply.result : (reply.error.data ?? { outcome: 'unknown' })) as Answer;
    say();
    say(paint('bold', what));
    for (const line of prose(`${method} ${asked}`, '  ')) say(paint('dim', line));
    const rows = (answer.devices ?? []).flatMap(({ commands }) => commands).map(row => (heard ? row : { ...row, received: '' }));
    if (answer.outcome === 'planned') showRehearsal(rows);
    else showRows(rows);
    const saved = answer.devices?.some(one => one.saved.state === 'yes') ? ', saved' : '';
    say(`  ${paint('bold', '→')} ${paintOutcome(answer.outcome)}${answer.outcome === 'unchanged' ? ': nothing was typed' : saved}`);
    if ('error' in reply) for (const line of prose(reply.error.message, '    ')) say(paint('yellow', line));
    this.told.push({ what, device, expected, outcome: answer.outcome });
  }
}

function tell(text: string): void {
  for (const line of prose(text)) say(line);
}

function interfaceBlock(running: string, port: string): string[] {
  const lines = running.split('\n');
  const start = lines.indexOf(`interface ${port}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith(' '));
  return linesOf(lines.slice(start, end).join('\n'));
}
