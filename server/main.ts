#!/usr/bin/env node
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import type { CallOptions } from './cli/call.ts';
import type { ExplainOptions } from './cli/explain.ts';
import type { ImportOptions } from './cli/import.ts';
import type { KeyscanOptions } from './cli/keyscan.ts';
import type { LabCommandOptions } from './cli/lab.ts';
import type { LintOptions } from './cli/lint.ts';
import { importManual, keyscanManual, lintManual, manual, reviewManual, verifyManual } from './cli/manuals.ts';
import type { NewDeviceOptions } from './cli/new-device.ts';
import type { NewPlatformOptions } from './cli/new-platform.ts';
import type { PlanOptions } from './cli/plan.ts';
import type { RecordOptions } from './cli/record.ts';
import type { ReplayOptions } from './cli/replay.ts';
import type { ReviewOptions } from './cli/review.ts';
import type { SchemaOptions } from './cli/schema.ts';
import type { CommonOptions } from './cli/setup.ts';
import type { TestOptions } from './cli/test.ts';
import { number, type RequestOptions, several, withDeviceOptions, withPlatformOptions, withRequestOptions } from './cli/words.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The `mercury` command: picks a file in cli/, and loads it only then. */
const program = new Command('mercury')
  .description('Attaches bare-metal servers to switches by reviewed playbooks, and says truly what became of it.')
  .addOption(new Option('--root <dir>', 'the folder with playbooks/, templates/ and inventory/').default(ROOT, 'where mercury is'))
  .option('--config <file>', 'settings; mercury.yml in the root when left out')
  .option('--json', 'output for machines')
  .configureHelp({ showGlobalOptions: true, subcommandTerm: command => command.name() })
  .exitOverride()
  .showHelpAfterError('"mercury --help" lists the commands.')
  .addHelpText('after', manual);

sub('serve', 'answer JSON-RPC until SIGTERM or Ctrl-C', 'MERCURY_PORT=6200 mercury serve').action(
  run(async () => (await import('./cli/serve.ts')).serveCommand(common())),
);
sub('lint', 'read playbooks, templates and inventory, and hold them to the rules', 'mercury lint --format sarif > lint.sarif')
  .addOption(new Option('--format <format>', 'text; json; sarif, for code hosts').choices(['text', 'json', 'sarif']))
  .option('--rules', 'list the rules instead: what each asks, and why')
  .addHelpText('after', lintManual)
  .action(run(async (options: LintOptions) => (await import('./cli/lint.ts')).lintCommand({ ...common(), ...options })));
sub(
  'schema',
  'print the JSON Schema of a kind of file, for editors; without a name, list them',
  'mercury schema playbook > playbook.schema.json',
)
  .argument('[name]', 'such as playbook')
  .option('--write', 'write all of them to server/schemas/')
  .action(run(async (name: string | undefined, options: SchemaOptions) => (await import('./cli/schema.ts')).schemaCommand(name, options)));

const onPort = 'leaf-201 Ethernet7 \\\n    --mode trunk --native 100 --allowed 200,210-219';
withRequestOptions(sub('plan', 'print exactly what would be typed; touch no device', `mercury plan attach_port ${onPort}`))
  .option('--explain', 'tell where each value comes from, and which line uses it')
  .option('--html <file>', 'write it as a page for a change ticket, too; - is standard output')
  .action(runWords(async (words, options: PlanOptions) => (await import('./cli/plan.ts')).planCommand(words, options)));
withRequestOptions(sub('apply', 'carry a change out from this terminal', `mercury apply attach_port ${onPort}`)).action(
  runWords(async (words, options) => (await import('./cli/apply.ts')).applyCommand(words, options)),
);
withRequestOptions(sub('verify', 'ask devices, read-only, whether they hold what is asked', `mercury verify attach_port ${onPort}`))
  .option('--all <file>', 'ask about all that a file of calls, or the audit of a service, says; - reads standard input')
  .addHelpText('after', verifyManual)
  .action(runWords(async (words, options) => (await import('./cli/verify.ts')).verifyCommand(words, options)));
withRequestOptions(
  sub(
    'explain',
    'whether a caller may have something done, by which rule, and why',
    `mercury explain --caller ironic attach_port ${onPort}`,
  ).option('--caller <name>', 'who asks, as authentication names them; cli:NAME is somebody at this terminal. You, when left out'),
).action(
  runWords(async (words, options: CommonOptions & ExplainOptions) => (await import('./cli/explain.ts')).explainCommand(words, options)),
);

sub('test', 'run the network team’s cases: playbooks on simulated or recorded switches', 'mercury test test/cases/cisco_ios --watch')
  .argument('[paths...]', 'files and folders of cases; test/cases when left out')
  .option('--platform <name>', 'only the cases of this platform')
  .option('--watch', 'run again what a changed file bears on, until Ctrl-C')
  .addOption(new Option('--format <format>', 'how to tell').choices(['text', 'json', 'junit']).default('text'))
  .action(
    run(async (paths: string[], options: TestOptions) => (await import('./cli/test.ts')).testCommand(paths, { ...common(), ...options })),
  );

sub('review', 'what edits of playbooks, templates and inventory change, exactly; touch no device', 'mercury review --base origin/main')
  .option('--base <revision>', 'what git has there is compared with the files as they are now', 'HEAD')
  .option('--samples <dir>', 'calls of your own that are tried besides; test/review when left out')
  .option('--audit <file>', 'try calls that the audit of a service has, too; - reads standard input')
  .option('--html <file>', 'write it as a page to look at, too; - is standard output')
  .option('--markdown <file>', 'write it as the comment on a change, too; - is standard output')
  .option('--length <bytes>', 'of that at most', number)
  .addHelpText('after', reviewManual)
  .action(run(async (options: ReviewOptions) => (await import('./cli/review.ts')).reviewCommand({ ...common(), ...options })));
withRequestOptions(
  sub(
    'record',
    'carry a change out and write the session down, secrets masked',
    `mercury record attach_port ${onPort} \\\n    --out test/cases/arista_eos/recordings/trunk.yml`,
  ),
)
  .option('--out <file>', 'the recording goes there; to standard output when left out')
  .option('--reads', 'type nothing but reads: what "mercury verify" asks')
  .option('--anonymous', 'mask serial numbers, too, and call the user "user"')
  .option('--hide <pattern>', 'mask what matches, too; may be given several times', several, [])
  .option('--force', 'write over a file that is there')
  .action(
    runWords(async (words, options: CommonOptions & RecordOptions) => (await import('./cli/record.ts')).recordCommand(words, options)),
  );

sub('replay', 'play a recording as a switch behind a real SSH server', 'mercury replay trunk.yml --port 2222 --write /tmp/replay')
  .argument('<file>', 'of "mercury record"')
  .option('--port <port>', 'TCP port on 127.0.0.1; any free one when left out', number)
  .option('--seed <n>', 'by which what it says is cut into pieces; a random one when left out', number)
  .option('--write <dir>', 'write an inventory and credentials for it')
  .action(
    run(async (file: string, options: ReplayOptions) => (await import('./cli/replay.ts')).replayCommand(file, { ...common(), ...options })),
  );

sub('call', 'a JSON-RPC client', 'mercury call attach_port @params.json --dry-run')
  .argument('<method>', 'such as attach_port; rpc.discover tells all of them')
  .argument('[params]', 'a JSON object, @FILE, or - for standard input')
  .option('--url <url>', 'where the service is', 'http://127.0.0.1:6190')
  .option('--dry-run', 'ask for the plan only')
  .option('--user <name>', 'who you are; the password is in MERCURY_PASSWORD, or asked for')
  .option('--password-file <file>', 'the password is in this file')
  .option('--cacert <file>', 'PEM file with the authorities to believe')
  .option('--cert <file>', 'PEM file with your certificate')
  .option('--key <file>', 'PEM file with its private key')
  .action(
    run(async (method: string, params: string | undefined, options: CallOptions) =>
      (await import('./cli/call.ts')).callCommand(method, params, { ...common(), ...options }),
    ),
  );

sub(
  'import',
  'turn another tool’s inventory into an inventory and a credentials file',
  `mercury import ml2_conf_genericswitch.ini \\\n    --inventory inventory/new.yml --credentials /etc/mercury/credentials.yml`,
)
  .argument('<file>', 'Ironic’s switch file, that of networking-generic-switch, or an Ansible inventory in YAML; - reads standard input')
  .addOption(new Option('--format <format>', 'whose file it is, where its content does not tell').choices(['ironic', 'ngs', 'ansible']))
  .option('--inventory <file>', 'write the inventory there; else it is printed')
  .option('--credentials <file>', 'write users, passwords and keys there, with mode 600; else they stay where they are')
  .option('--force', 'write over files that are there')
  .addHelpText('after', importManual)
  .action(
    run(async (file: string, options: ImportOptions) => (await import('./cli/import.ts')).importCommand(file, { ...common(), ...options })),
  );

const fresh = sub('new', 'begin a platform, or add a device', 'mercury new platform acme_os --like cisco_ios');
withPlatformOptions(fresh.command('platform')).action(
  run(async (name: string, options: NewPlatformOptions) =>
    (await import('./cli/new-platform.ts')).newPlatformCommand(name, { ...common(), ...options }),
  ),
);
withDeviceOptions(fresh.command('device')).action(
  run(async (name: string, options: NewDeviceOptions) =>
    (await import('./cli/new-device.ts')).newDeviceCommand(name, { ...common(), ...options }),
  ),
);

sub('keyscan', 'show the host keys of devices, for review; write nothing', 'mercury keyscan leaf-201 leaf-202')
  .argument('[devices...]', 'inventory names')
  .option('--all', 'every device of the inventory')
  .addHelpText('after', keyscanManual)
  .action(
    run(async (devices: string[], options: KeyscanOptions) =>
      (await import('./cli/keyscan.ts')).keyscanCommand(devices, { ...common(), ...options }),
    ),
  );

sub('lab', 'start one simulated switch of each vendor and print their addresses', 'mercury lab --write /tmp/lab --command 50 --commit 2000')
  .option('--login <ms>', 'how long a login takes', number, 0)
  .option('--command <ms>', 'how long each command takes', number, 0)
  .option('--commit <ms>', 'how long a commit takes', number, 0)
  .option('--save <ms>', 'how long a save takes', number, 0)
  .option('--sessions <n>', 'sessions that a switch takes at once', number, 16)
  .option('--first-port <port>', 'TCP port of the first switch; the others follow', number)
  .option('--write <dir>', 'write an inventory and credentials for it')
  .action(run(async (options: LabCommandOptions) => (await import('./cli/lab.ts')).labCommand({ ...common(), ...options })));

sub('demo', 'a node’s life on five simulated switches, and three things that go wrong', 'mercury demo').action(
  run(async () => (await import('./cli/demo.ts')).demoCommand(common())),
);

// Whoever read our output has gone (`| head`, a closed window): no reason to leave a change half-way.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Help that was asked for is 0; all else that commander ends with is wrong usage.
  process.exitCode = thrown.exitCode === 0 ? 0 : 2;
}

/** A sub-command, with an example under its help. */
function sub(name: string, description: string, example: string): Command {
  return program
    .command(name)
    .description(description)
    .showHelpAfterError(`"mercury ${name} --help" says how.`)
    .addHelpText('after', `\nExample:\n  ${example}`);
}

function common(): CommonOptions {
  return program.opts<CommonOptions>();
}

/** Runs a sub-command; whatever it throws becomes a message and an exit status. */
function run<A extends unknown[]>(work: (...args: A) => Promise<number>): (...args: A) => Promise<void> {
  return async (...args) => {
    (await import('./cli/crash.ts')).maskCrashes();
    try {
      process.exitCode = await work(...args);
    } catch (thrown) {
      const { showError } = await import('./cli/show.ts');
      process.exitCode = showError(thrown, common().json ?? false, (args.at(-1) as Command).name());
    }
  };
}

function runWords<O extends RequestOptions>(work: (words: readonly (string | undefined)[], options: CommonOptions & O) => Promise<number>) {
  return run((method?: string, devices?: string, port?: string, options?: O) =>
    work([method, devices, port], { ...common(), ...(options as O) }),
  );
}
