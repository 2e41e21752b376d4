import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { makeHostKey } from '../../server/lab/host-key.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { KnownHosts } from '../../server/library/known-hosts.ts';
import { Folder } from '../cli/run.ts';
import { ensurePackages } from '../debian.ts';
import { run } from '../real/run.ts';

/** A host key as a line has it, and its fingerprint. */
function key(): { line: string; fingerprint: string } {
  const { privateKey, fingerprint } = makeHostKey();
  const parsed = ssh2.utils.parseKey(privateKey) as { getPublicSSH(): Buffer };
  return { line: `ssh-ed25519 ${parsed.getPublicSSH().toString('base64')}`, fingerprint };
}

const [A, B, C] = [key(), key(), key()];

function read(text: string): KnownHosts {
  using folder = new Folder();
  const path = join(folder.path, 'known_hosts');
  writeFileSync(path, text);
  return new KnownHosts(path, 'inventory/known_hosts');
}

function complaintsOf(text: string): string {
  try {
    read(text);
  } catch (thrown) {
    if (thrown instanceof LibraryError) return thrown.message;
    throw thrown;
  }
  return '';
}

describe('a known_hosts file', () => {
  it.each([
    ['an address', `192.0.2.1 ${A.line}`, '192.0.2.1', 22, true],
    ['another address', `192.0.2.1 ${A.line}`, '192.0.2.11', 22, false],
    ['a name in capitals', `Leaf-1.Example.NET ${A.line}`, 'leaf-1.example.net', 22, true],
    ['a name that is asked for in capitals', `leaf-1.example.net ${A.line}`, 'LEAF-1.example.net', 22, true],
    ['one of several', `leaf-1,192.0.2.1,2001:db8::1 ${A.line}`, '2001:db8::1', 22, true],
    ['a port', `[192.0.2.1]:2222 ${A.line}`, '192.0.2.1', 2222, true],
    ['another port', `[192.0.2.1]:2222 ${A.line}`, '192.0.2.1', 2223, false],
    ['port 22 for another', `192.0.2.1 ${A.line}`, '192.0.2.1', 2222, false],
    ['another port for 22', `[192.0.2.1]:2222 ${A.line}`, '192.0.2.1', 22, false],
    ['a pattern', `*.example.net,!leaf-?.example.net ${A.line}`, 'spine-1.example.net', 22, true],
    ['what a pattern takes out again', `*.example.net,!leaf-?.example.net ${A.line}`, 'leaf-1.example.net', 22, false],
    ['a dot, which is no pattern', `192.0.2.1 ${A.line}`, '192a0b2c1', 22, false],
  ])('knows the key of %s', (_what, line, address, port, known) => {
    expect(read(`# switches\n\n${line} noc@example.net\r\n`).of(address, port).fingerprints).toEqual(known ? [A.fingerprint] : []);
  });

  it('may have several keys for a host, and says of which types', () => {
    const { fingerprints, about } = read(`sw1 ${A.line}\nother ${B.line}\nsw1,sw2 ${C.line}\n`).of('sw1', 22);
    expect(fingerprints).toEqual([A.fingerprint, C.fingerprint]);
    expect(about).toEqual({ file: 'inventory/known_hosts', types: ['ssh-ed25519'], revoked: new Map() });
  });

  it('may revoke keys, of one host or of all', () => {
    const { fingerprints, about } = read(`sw1 ${A.line}\n@revoked * ${B.line}\n@revoked sw2 ${C.line}\n`).of('sw1', 22);
    expect(fingerprints).toEqual([A.fingerprint]);
    expect(about.revoked).toEqual(new Map([[B.fingerprint, { file: 'inventory/known_hosts', line: 2 }]]));
  });

  it('says why it knows none', () => {
    const file = read(`@cert-authority *.example.net ${A.line}\n`);
    expect(file.of('192.0.2.1', 2222).about.why).toBe('inventory/known_hosts has no line for [192.0.2.1]:2222');
    expect(file.of('sw1.example.net', 22)).toMatchObject({
      fingerprints: [],
      about: {
        why: 'inventory/known_hosts:1 has a @cert-authority for it, which Mercury does not read: it wants a line with the key itself',
      },
    });
  });

  it.each([
    ['a marker that nobody knows', `@revokd * ${A.line}`, 'nobody knows the marker @revokd'],
    ['a line that was cut', `sw1 ${A.line.slice(0, 14)}`, 'the key is no ssh-ed25519 key'],
    ['a line with no key', 'sw1 ssh-ed25519', 'is no line of known_hosts: hosts, type of key, key'],
    ['a type that is not the key’s', `sw1 ${A.line.replace('ssh-ed25519', 'ssh-rsa')}`, 'the key is no ssh-rsa key'],
    ['another kind of hash', `|2|c2FsdA==|aGFzaA== ${A.line}`, 'the host is hashed in a way that nobody knows'],
  ])('is complained about, with its line, for %s', (_what, line, complaint) => {
    expect(complaintsOf(`sw1 ${B.line}\n${line}\n`)).toBe(`inventory/known_hosts:2: ${complaint}`);
  });

  it('is complained about where it is not there', () => {
    expect(() => new KnownHosts('/nowhere/known_hosts', 'known_hosts')).toThrow('known_hosts:1: there is no such file');
  });
});

const readiness = ensurePackages(['openssh-client']);
if (!readiness.ready && process.env.CI === 'true') throw new Error(`no ssh-keygen to test with: ${readiness.why}`);

describe.skipIf(!readiness.ready)('a known_hosts file that ssh-keygen has hashed', () => {
  it('knows the same hosts, and tells none of them', async () => {
    using folder = new Folder();
    const path = join(folder.path, 'known_hosts');
    writeFileSync(path, `sw1.example.net,192.0.2.1 ${A.line}\n[192.0.2.1]:2222 ${B.line}\n2001:db8::1 ${C.line}\n`);
    await run('ssh-keygen', ['-q', '-H', '-f', path]);
    expect(readFileSync(path, 'utf8')).not.toMatch(/192|example|2001/);
    const file = new KnownHosts(path, 'known_hosts');
    expect(file.of('SW1.example.net', 22).fingerprints).toEqual([A.fingerprint]);
    expect(file.of('192.0.2.1', 22).fingerprints).toEqual([A.fingerprint]);
    expect(file.of('192.0.2.1', 2222).fingerprints).toEqual([B.fingerprint]);
    expect(file.of('2001:db8::1', 22).fingerprints).toEqual([C.fingerprint]);
    expect(file.of('192.0.2.2', 22).fingerprints).toEqual([]);
    for (const [host, fingerprint] of [
      ['[192.0.2.1]:2222', B.fingerprint],
      ['sw1.example.net', A.fingerprint],
    ] as const)
      expect(await run('ssh-keygen', ['-l', '-F', host, '-f', path])).toContain(fingerprint);
  });
});
