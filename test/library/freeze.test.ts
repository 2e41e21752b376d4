import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freezeOf } from '../../server/engine/permit.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { FreezeFile } from '../../server/library/freeze.ts';
import { Folder } from '../cli/run.ts';
import { type Asked, asked, callerOf, DEVICES, libraryWith } from '../policies.ts';

const NAMES = new Set([...DEVICES.keys(), 'leaf', 'spine']);

/** A folder that may hold a freeze.yml, and what it stops. */
class Site implements Disposable {
  readonly #folder = new Folder();
  readonly freeze = new FreezeFile(this.#folder.path, this.#folder.path, NAMES);

  get file(): string {
    return this.path('freeze.yml');
  }

  path(name: string): string {
    return join(this.#folder.path, name);
  }

  write(text: string, file = this.file): void {
    writeFileSync(file, text);
  }

  says(what: Asked = {}): string {
    const { refusal } = freezeOf(asked(what), { ...libraryWith(''), freeze: this.freeze }) ?? {};
    return refusal?.message ?? 'goes on';
  }

  complaints(): string[] {
    try {
      this.freeze.check();
    } catch (thrown) {
      if (thrown instanceof LibraryError) return thrown.message.split('\n');
      throw thrown;
    }
    return [];
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

const on = (device: string) => ({ device, args: { port: 'x' } });
const LATER = 'nothing was changed, try again later';

describe('freeze.yml', () => {
  it('stops a device, a group, those that a pattern means, or all of them, with the reason and the line', () => {
    using site = new Site();
    expect(site.says()).toBe('goes on');
    site.write('# until Monday\nleaf-1: new optics\nspine: firmware\n');
    expect(site.says(on('leaf-1'))).toBe(`leaf-1 is frozen: new optics (freeze.yml:2); ${LATER}`);
    expect(site.says(on('spine-1'))).toBe(`spine-1 is frozen: firmware (freeze.yml:3); ${LATER}`);
    expect(site.says(on('leaf-2'))).toBe('goes on');
    site.write('leaf*: all the leaves\n');
    expect(site.says(on('leaf-2'))).toContain('all the leaves');
    expect(site.says(on('spine-1'))).toBe('goes on');
    site.write('all: the hall is dark\n');
    for (const name of DEVICES.keys()) expect(site.says(on(name))).toContain('the hall is dark');
  });

  it('holds from the moment that it is there, and no longer than it is there', () => {
    using site = new Site();
    for (let i = 0; i < 20; i += 1) {
      site.write(`leaf-1: time ${String(i).padStart(2)}\n`);
      expect(site.says()).toContain(`time ${String(i).padStart(2)}`);
      rmSync(site.file);
      expect(site.says()).toBe('goes on');
    }
  });

  it('is read again when it changed in the same moment, to the same length, and when it is another file of the same age', () => {
    using site = new Site();
    site.write('leaf-1: one\n');
    expect(site.says()).toContain('one');
    site.write('leaf-2: one\n');
    expect(site.says()).toBe('goes on');
    expect(site.says(on('leaf-2'))).toContain('one');
    const old = new Date('2020-01-01');
    site.write('leaf-1: two\n', site.path('another'));
    utimesSync(site.file, old, old);
    utimesSync(site.path('another'), old, old);
    expect(site.says(on('leaf-2'))).toContain('one');
    renameSync(site.path('another'), site.file);
    expect(site.says()).toContain('two');
  });

  it('follows the link that a mounted ConfigMap is', () => {
    using site = new Site();
    for (const [version, text] of [
      ['v1', 'leaf-1: one\n'],
      ['v2', 'leaf-1: two\n'],
    ] as const) {
      mkdirSync(site.path(version));
      site.write(text, join(site.path(version), 'freeze.yml'));
    }
    symlinkSync('v1', site.path('data'));
    symlinkSync('data/freeze.yml', site.file);
    expect(site.says()).toContain('one');
    symlinkSync('v2', site.path('next'));
    renameSync(site.path('next'), site.path('data'));
    expect(site.says()).toContain('two');
  });

  it('leaves those alone who do the work, and nobody else', () => {
    using site = new Site();
    site.write("all:\n  reason: firmware\n  except: ['cli:*', upgrader]\n");
    expect(site.says({ caller: 'cli:alice' })).toBe('goes on');
    expect(site.says({ caller: 'upgrader' })).toBe('goes on');
    expect(site.says({ caller: 'ironic' })).toContain('firmware');
    expect(site.freeze.now()[0]?.except.has({ ...callerOf('x'), name: 'cli:alice', scheme: 'certificate' })).toBe(false);
  });

  it('keeps nobody from asking', () => {
    using site = new Site();
    site.write('all: firmware\n');
    expect(site.says({ method: 'is_port_supported', args: { port: 'Ethernet7' } })).toBe('goes on');
    for (const method of ['attach_port', 'detach_port', 'delete_lag', 'add_network'] as const)
      expect(site.says({ method })).toContain('firmware');
  });

  it('stops everything when it is empty, and nothing when it has comments alone', () => {
    using site = new Site();
    for (const text of ['', '\n', '  \n\n']) {
      site.write(text);
      expect(site.says(on('spine-1'))).toBe(`spine-1 is frozen: the freeze file is there, and says no more (freeze.yml:1); ${LATER}`);
    }
    for (const text of ['# leaf-1: new optics\n', '{}\n']) {
      site.write(text);
      expect(site.says()).toBe('goes on');
    }
  });

  it.each([
    ['a device that is not there', 'leaf-1: optics\nlief-2: optics\n', 'freeze.yml:2: no device and no group lief-2; did you mean leaf-2?'],
    ['what is not YAML', 'leaf-1: [optics\n', /^freeze\.yml:\d: not YAML: /],
    ['no reason', 'leaf-1:\n', 'freeze.yml:1: leaf-1: must be the reason, in words'],
    ['an empty reason', "leaf-1: ' '\n", 'freeze.yml:1: leaf-1: must be the reason, in words'],
    ['a list', '- leaf-1\n', 'freeze.yml:1: must hold devices or groups, each with a reason'],
    ['an unknown key', 'leaf-1: { reason: optics, excpt: [bob] }\n', 'freeze.yml:1: unknown key excpt; did you mean except?'],
  ])('that is wrong is complained about, and stops everything until it is right: %s', (_, text, complaint) => {
    using site = new Site();
    site.write(text);
    const [told = ''] = site.complaints();
    expect(told).toMatch(complaint instanceof RegExp ? complaint : new RegExp(`^${complaint.replace(/[.?()[\]]/g, '\\$&')}$`));
    const [, line, message] = /^(freeze\.yml:\d+): (.*)$/.exec(told) ?? [];
    expect(site.says(on('spine-1'))).toBe(`spine-1 is frozen: the freeze file is wrong: ${message} (${line}); ${LATER}`);
    site.write('spine: firmware\n');
    expect(site.says()).toBe('goes on');
  });

  it('that cannot be read stops everything', () => {
    using site = new Site();
    mkdirSync(site.file);
    expect(site.says()).toContain('the freeze file is wrong: cannot be read (EISDIR)');
    rmSync(site.file, { recursive: true });
    symlinkSync('freeze.yml', site.file);
    expect(site.says()).toContain('the freeze file is wrong: cannot be looked at (ELOOP)');
  });

  it('may be called freeze.yaml, and both count', () => {
    using site = new Site();
    site.write('leaf-1: one\n');
    site.write('leaf-2: two\n', site.path('freeze.yaml'));
    expect(site.says(on('leaf-1'))).toContain('one');
    expect(site.says(on('leaf-2'))).toContain('two (freeze.yaml:1)');
  });
});
