import type { Delays } from '../../server/lab/terminal.ts';
import type { Who } from './results.ts';

/** What is asked of everybody: so many ports of each of so many switches are to be attached to VLAN 100. */
export interface Work {
  readonly id: string;
  readonly title: string;
  readonly platform: 'cisco_ios' | 'juniper_junos';
  readonly switches: number;
  /** Of each switch. */
  readonly ports: number;
  readonly order: 'at once' | 'in a row';
  readonly who: readonly Who[];
  /** Whether a cheap call is made every 20 ms meanwhile. */
  readonly probed?: boolean;
}

export const VLAN = 100;

/** Milliseconds: what a Catalyst or a QFX takes, near enough; the same for everybody. */
export const DELAYS: Delays = { login: 1000, command: 10, save: 3000, commit: 5000 };

export const WORKS: readonly Work[] = [
  {
    id: 'W1',
    title: 'one attach, nothing warm',
    platform: 'cisco_ios',
    switches: 1,
    ports: 1,
    order: 'at once',
    who: ['mercury', 'floor', 'netmiko per call'],
  },
  {
    id: 'W2',
    title: '50 ports of one switch at once',
    platform: 'cisco_ios',
    switches: 1,
    ports: 50,
    order: 'at once',
    who: ['mercury', 'floor', 'netmiko one session', 'netmiko per call'],
  },
  {
    id: 'W2J',
    title: '50 ports of one Junos switch at once',
    platform: 'juniper_junos',
    switches: 1,
    ports: 50,
    order: 'at once',
    who: ['mercury', 'floor', 'netmiko one session', 'netmiko per call'],
  },
  {
    id: 'W3',
    title: '100 switches at once',
    platform: 'cisco_ios',
    switches: 100,
    ports: 1,
    order: 'at once',
    who: ['mercury', 'floor', 'netmiko per call'],
    probed: true,
  },
  {
    id: 'W4',
    title: '200 attaches in a row on one switch',
    platform: 'cisco_ios',
    switches: 1,
    ports: 200,
    order: 'in a row',
    who: ['mercury', 'floor', 'netmiko per call'],
  },
  {
    id: 'W6',
    title: '1,000 switches at once',
    platform: 'cisco_ios',
    switches: 1000,
    ports: 1,
    order: 'at once',
    who: ['mercury', 'floor'],
    probed: true,
  },
];

/** A tenth of it, to see that everything works. */
export function quickly(work: Work): Work {
  const few = (count: number) => Math.max(1, Math.ceil(count / 10));
  return { ...work, switches: few(work.switches), ports: few(work.ports), title: `${work.title} (a tenth of it)` };
}
