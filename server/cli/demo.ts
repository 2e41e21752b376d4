import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Desk } from '../engine/change.ts';
import { startLab } from '../lab/lab.ts';
import { makeLogger } from '../log.ts';
import { LAB_DEVICES, writeLabFiles } from './lab.ts';
import { columns, paint, paintOutcome, prose, say } from './paint.ts';
import { startService } from './serve.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';
import { Stage } from './stage.ts';

/** A node's way from provisioning to its tenant and off again, on one switch of each vendor, and three things that go wrong. */
export async function demoCommand(options: CommonOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-demo-'));
  const leave = (_signal: NodeJS.Signals, number: number) => {
    rmSync(folder, { recursive: true });
    process.exit(128 + number);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  try {
    return await runDemo(options, folder);
  } finally {
    rmSync(folder, { recursive: true });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
  }
}

async function runDemo(options: CommonOptions, folder: string): Promise<number> {
  await using lab = await startLab({ devices: LAB_DEVICES });
  writeLabFiles(lab, folder);
  const config = {
    ...readConfig(options, {}),
    inventory: join(folder, 'inventory'),
    credentials: join(folder, 'credentials.yml'),
    host: ['127.0.0.1'],
    // Its switches are its own: there is nobody to keep off them.
    lock: 'none' as const,
    port: 0,
  };
  const desk = openDesk(options, config, () => {});
  const service = await startService(desk, config, makeLogger('error', 2, 'mercury'));
  const stage = new Stage(lab, service.url);
  try {
    introduce(service.url);
    for (const [i, device] of [...lab.devices.keys()].entries()) {
      chapter(`${i + 1}. ${titleOf(device, desk)}`);
      await stage.life(device);
    }
    chapter('6. A dry run');
    await stage.dryRun('lab-eos-2');
    chapter('7. A call that is refused');
    await stage.refused('lab-ios-1');
    chapter('8. A switch that fails half-way');
    await stage.failure('lab-ios-1');
  } finally {
    await service.stop();
  }
  return summary(stage);
}

function introduce(url: string): void {
  say(paint('bold', 'Mercury: from a JSON-RPC call to a switch and back'));
  say();
  const text = [
    'OpenStack Ironic runs bare-metal servers. The network team runs the switches, and gives nobody their passwords. Mercury stands between: ' +
      'Ironic says in one call what a port should be; Mercury types the network team’s own playbook on the switch over SSH, reads the port ' +
      'back, and answers what became of it.',
    `Here are five simulated switches, each behind a real SSH server on this machine, and Mercury at ${url}. A server lives its life on ` +
      'each of them. What was typed stands in the middle, the line of the playbook that said so at the right.',
  ];
  say(text.map(paragraph => prose(paragraph).join('\n')).join('\n\n'));
}

function chapter(title: string): void {
  say();
  say(paint('inverse', ` ${title} `));
}

function titleOf(device: string, { library }: Desk): string {
  const platform = library.platforms.get(library.devices.get(device)?.platform ?? '');
  return `${device}, ${platform?.title ?? ''}`;
}

const MEANS: Readonly<Record<string, string>> = {
  applied: 'changed, and read back to be as asked',
  unchanged: 'it was so already: nothing was typed',
  planned: 'a dry run: nobody logged in',
  refused: 'said no before anything was typed',
  rescued: 'failed half-way; the port was closed, and that was checked',
};

function summary({ told }: Stage): number {
  chapter('What became of it');
  const counts = Map.groupBy(told, ({ outcome }) => outcome);
  const rows = [...counts].map(([outcome, calls]) => [`${calls.length}`.padStart(4), paintOutcome(outcome), MEANS[outcome] ?? '']);
  for (const row of columns(rows)) say(row);
  const wrong = told.filter(({ expected, outcome }) => expected !== outcome);
  for (const { device, what, expected, outcome } of wrong)
    say(paint('red', `${device}: ${what}: ${outcome}, where it should be ${expected}`));
  say();
  say(
    wrong.length === 0
      ? `All ${told.length} calls ended as they should.`
      : `${wrong.length} of ${told.length} calls did not end as they should.`,
  );
  say('Play with it:  npm run mercury -- lab --write /tmp/lab');
  return wrong.length === 0 ? 0 : 1;
}
