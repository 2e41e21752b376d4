import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Library, type LibraryFolders, lintLibrary, loadLibrary } from '../../server/library/library.ts';

export const PLATFORM_FILE = 'playbooks/acme/platform.yml';
export const ATTACH_FILE = 'playbooks/acme/attach_port.yml';
export const DETACH_FILE = 'playbooks/acme/detach_port.yml';
export const INVENTORY_FILE = 'inventory/lab.yml';

const PLATFORM = `name: Acme OS
session: shell
modes:
  exec: { prompt: '[\\w.-]+>' }
  config: { prompt: '[\\w.-]+#', parent: exec, enter: configure, leave: end }
config_mode: config
read_mode: exec
failures: ['^%']
interfaces: { pattern: '^p\\d+$' }
vlans: { ids: 2-4094 }
supports: { modes: [access, trunk], network_types: [vlan] }
`;

const ATTACH = `# A comment moves every line down by one.
name: Attach {{port}}
tasks:
  - name: Give {{port}} its VLAN
    commands: |
      interface {{port}}
        vlan {{native_vlan}}
verify:
  - name: The port has its VLAN
    commands: show {{port}}
    expect: vlan {{native_vlan}}
rescue: detach_port
`;

const DETACH = `name: Detach {{port}}
tasks:
  - name: Close {{port}}
    commands: close {{port}}
verify:
  - name: The port is closed
    commands: show {{port}}
    expect: closed
`;

const INVENTORY = `defaults: { platform: acme, credentials: lab }
devices:
  sw1: { address: 192.0.2.1 }
`;

/** What a folder of files holds: path → text; null leaves a file of the good library out. */
export type Files = Readonly<Record<string, string | null>>;

/** A small library without a fault. */
export const GOOD: Readonly<Record<string, string>> = {
  [PLATFORM_FILE]: PLATFORM,
  [ATTACH_FILE]: ATTACH,
  [DETACH_FILE]: DETACH,
  [INVENTORY_FILE]: INVENTORY,
};

/** A library on disk in a folder of its own: the good one, with `changes` laid over it. `using` removes it. */
export class LibraryOnDisk implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'mercury-library-'));

  constructor(changes: Files = {}) {
    for (const [file, text] of Object.entries({ ...GOOD, ...changes })) if (text !== null) this.write(file, text);
  }

  get folders(): LibraryFolders {
    return { root: this.root, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' };
  }

  write(file: string, text: string, mode = 0o644): string {
    const path = join(this.root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  load(): Library {
    return loadLibrary(this.folders);
  }

  /** Every complaint as a person sees it: `file:line: sentence`. */
  complaints(): string[] {
    return lintLibrary(this.folders).complaints.map(({ place, message }) => `${place.file}:${place.line}: ${message}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

/** What is wrong with the good library once `changes` are laid over it. */
export function complaintsOf(changes: Files): string[] {
  using library = new LibraryOnDisk(changes);
  return library.complaints();
}

/** A good file with one piece of its text replaced. @throws Error when the piece is not there */
export function altered(file: string, piece: string, by: string): Record<string, string> {
  const text = GOOD[file];
  if (text === undefined || !text.includes(piece)) throw new Error(`${file} has no ${piece}`);
  return { [file]: text.replace(piece, () => by) };
}

/** `file:line` of the only line of `changes` (or of the good library) that holds `fragment`. */
export function lineWith(changes: Files, file: string, fragment: string): string {
  const lines = (changes[file] ?? GOOD[file] ?? '').split('\n');
  const found = lines.flatMap((line, i) => (line.includes(fragment) ? [i + 1] : []));
  if (found.length !== 1) throw new Error(`${fragment} stands on ${found.length} lines of ${file}`);
  return `${file}:${found[0]}`;
}
