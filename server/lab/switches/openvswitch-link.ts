import type { ExecResult } from '../switch.ts';

/** A network device of the kernel, as below /sys/class/net. */
export interface NetDevice {
  mtu: number;
  /** As an administrator has it. Every link of the lab has a carrier, so a device that is up carries. */
  up: boolean;
}

/**
 * `ip link set [dev] NAME [up|down]`, and of iproute2 no more. In full words: the real one also takes `ip l s`.
 * Order, texts and statuses of the complaints were recorded from Debian's iproute2 6.1.0.
 */
export function ip(args: readonly string[], netdevs: ReadonlyMap<string, NetDevice>, root: boolean): ExecResult {
  const [object = '', command = '', ...words] = args;
  if (object !== 'link') return failed(`Object "${object}" is unknown, try "ip help".`, 1);
  if (command !== 'set') return failed(`Command "${command}" is unknown, try "ip link help".`, 255);
  let name: string | undefined;
  let state: string | undefined;
  while (words.length > 0) {
    const word = words.shift();
    if (word === 'up' || word === 'down') {
      state = word;
      continue;
    }
    const given = word === 'dev' ? words.shift() : word;
    if (given === undefined) return failed('Command line is not complete. Try option "help"', 255);
    if (name !== undefined) return failed(`Error: either "dev" is duplicate, or "${given}" is a garbage.`, 255);
    if (!/^[^/\s]+$/.test(given)) return failed(`Error: argument "${given}" is wrong: "dev" not a valid ifname`, 255);
    name = given;
  }
  if (name === undefined) return failed('Not enough information: "dev" argument is required.', 255);
  const device = netdevs.get(name);
  if (!device) return failed(`Cannot find device "${name}"`, 1);
  if (state !== undefined && !root) return failed('RTNETLINK answers: Operation not permitted', 2);
  if (state !== undefined) device.up = state === 'up';
  return { stdout: '', stderr: '', status: 0 };
}

function failed(message: string, status: number): ExecResult {
  return { stdout: '', stderr: `${message}\n`, status };
}
