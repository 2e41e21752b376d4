#!/usr/bin/env node
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { applyCommand } from './cli/apply.ts';
import { type CallOptions, callCommand } from './cli/call.ts';
import { demoCommand } from './cli/demo.ts';
import { type LabCommandOptions, labCommand } from './cli/lab.ts';
import { lintCommand } from './cli/lint.ts';
import { planCommand } from './cli/plan.ts';
import { type RequestOptions, withRequestOptions } from './cli/request.ts';
import { serveCommand } from './cli/serve.ts';
import type { CommonOptions } from './cli/setup.ts';
import { showError } from './cli/show.ts';
import { verifyCommand } from './cli/verify.ts';

/** The `mercury` command: picks a file in cli/. */
const program = new Command('mercury')
  .description('Attaches bare-metal servers to switches by reviewed playbooks, and says truly what became of it.')
  .option('--root <dir>', 'the folder with playbooks/, templates/ and inventory/', resolve(import.meta.dirname, '..'))
  .option('--config <file>', 'mercury.yml in the root when left out')
  .option('--json', 'output for machines')
  .showHelpAfterError()
  .addHelpText('after', EXITS());

program
  .command('serve')
  .description('answer JSON-RPC until SIGTERM')
  .action(run(() => serveCommand(common())));
program
  .command('lint')
  .description('load everything; every complaint has file and line')
  .action(run(() => lintCommand(common())));

withRequestOptions(program.command('plan').description('print exactly what would be typed, touching no device')).action(
  runWords((words, options) => planCommand(words, { ...common(), ...options })),
);
withRequestOptions(program.command('apply').description('carry a change out from this terminal')).action(
  runWords((words, options) => applyCommand(words, { ...common(), ...options })),
);
withRequestOptions(program.command('verify').description('ask the device, read-only, whether it holds what is asked')).action(
  runWords((words, options) => verifyCommand(words, { ...common(), ...options })),
);

program
  .command('call')
  .description('a JSON-RPC client')
  .argument('<method>')
  .argument('[params]', 'a JSON object, @FILE, or - for standard input')
  .option('--url <url>', 'where the service is', 'http://127.0.0.1:6190')
  .option('--dry-run', 'ask for the plan only')
  .action(run((method: string, params: string | undefined, options: CallOptions) => callCommand(method, params, options)));

program
  .command('lab')
  .description('start one simulated switch of each vendor and print their addresses')
  .option('--login <ms>', 'how long a login takes', number, 0)
  .option('--command <ms>', 'how long each command takes', number, 0)
  .option('--commit <ms>', 'how long a commit takes', number, 0)
  .option('--save <ms>', 'how long a save takes', number, 0)
  .option('--sessions <n>', 'sessions a switch takes at once', number, 16)
  .option('--first-port <port>', 'TCP port of the first switch; the others follow', number)
  .option('--write <dir>', 'write an inventory and credentials for it')
  .action(run((options: LabCommandOptions) => labCommand({ ...common(), ...options })));

program
  .command('demo')
  .description('a node’s life on five simulated switches, and three things that go wrong')
  .action(run(() => demoCommand(common())));

await program.parseAsync();

function common(): CommonOptions {
  return program.opts<CommonOptions>();
}

/** Runs a sub-command; whatever it throws becomes a message and an exit status. */
function run<A extends unknown[]>(work: (...args: A) => Promise<number>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await work(...args);
    } catch (thrown) {
      process.exitCode = showError(thrown, common().json ?? false);
    }
  };
}

function runWords(work: (words: readonly (string | undefined)[], options: RequestOptions) => Promise<number>) {
  return run((method?: string, devices?: string, port?: string, options: RequestOptions = {}) => work([method, devices, port], options));
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

function EXITS(): string {
  return `
Exit status: 0 done or already so · 1 internal error · 2 wrong usage, config or library · 3 refused: not valid, not permitted or not supported
             4 refused by the device · 5 not reachable or busy: try again · 6 failed and undone · 7 failed and rescued: left in a safe state
             8 unknown: look at the device · 9 verify: does not hold · 10 lint: complaints`;
}
