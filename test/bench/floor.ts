import { text } from 'node:stream/consumers';
import ssh2 from 'ssh2';
import { LAB_USER } from '../../server/lab/lab.ts';
import type { Job } from './lines.ts';

/**
 * As fast as it can be done at all with the same SSH library: one session, every line in one write, and then the last prompt is waited for.
 * It checks no host key, reads nothing before or after, looks at no answer of the switch, and has no way back.
 */

const AROUND: Readonly<Record<string, { before: readonly string[]; after: readonly string[]; done: RegExp }>> = {
  cisco_ios: {
    before: ['enable', LAB_USER.enable, 'terminal length 0', 'terminal width 511', 'configure terminal'],
    after: ['end', 'write memory'],
    done: /\[OK\]\s+[\w.-]+#$/,
  },
  juniper_junos: {
    before: ['set cli screen-length 0', 'set cli complete-on-space off', 'configure exclusive'],
    after: ['commit', 'exit configuration-mode'],
    done: /Exiting configuration mode\s+\S+> $/,
  },
};

async function visit(platform: string, port: number, lines: readonly string[]): Promise<void> {
  const { before, after, done } = AROUND[platform] ?? { before: [], after: [], done: /$/ };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const client = new ssh2.Client();
  client.once('error', reject);
  client.once('close', () => reject(new Error('the switch hung up')));
  client.once('connect', () => client.setNoDelay());
  client.once('ready', () =>
    client.shell((error, channel) => {
      if (error) return reject(error);
      let tail = '';
      channel.on('data', (data: Buffer) => {
        tail = (tail + data.toString('latin1')).slice(-200);
        if (done.test(tail)) resolve();
      });
      channel.write([...before, ...lines, ...after].map(line => `${line}\r`).join(''));
    }),
  );
  client.connect({ host: '127.0.0.1', port, username: LAB_USER.username, password: LAB_USER.password, readyTimeout: 60_000 });
  try {
    await promise;
  } finally {
    client.end();
  }
}

const { platform, devices, bound } = JSON.parse(await text(process.stdin)) as Job;
const failures: Record<string, number> = {};
let visits = 0;
const begun = performance.now();
const cpu = process.cpuUsage();
await Promise.all(
  devices.map(async device => {
    for (const lines of device.visits) {
      if (performance.now() - begun > bound * 1000) return;
      try {
        await visit(platform, device.port, lines);
        visits += 1;
      } catch (thrown) {
        const why = String(thrown);
        failures[why] = (failures[why] ?? 0) + 1;
      }
    }
  }),
);
const wall = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(cpu);
const memory = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ visits, wall, cpu: (user + system) / 1e6, memory, failures }));
