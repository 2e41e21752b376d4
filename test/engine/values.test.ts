import { describe, expect, it } from 'vitest';
import { valuesFor, vlanName } from '../../server/engine/values.ts';
import { ChangeError } from '../../server/errors.ts';
import type { ChangeRequest, Method, Values } from '../../server/model.ts';
import fc from '../chance.ts';
import { PLATFORMS } from '../harness.ts';
import { GOOD, INVENTORY_FILE, LibraryOnDisk, PLATFORM_FILE } from '../library/files.ts';
import { shippedLibrary } from '../shipped.ts';

const shipped = shippedLibrary().platforms;

describe.each(PLATFORMS)('the name of a network on %s', platform => {
  const found = shipped.get(platform);
  if (!found) throw new Error(platform);
  const { max, pattern } = found.vlans.name;
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 80 }),
    fc.stringMatching(/^[a-z][a-z0-9-]{0,90}$/),
  );

  it('is kept when a VLAN there can bear it', () => {
    for (const kept of ['tenant-a', 'A', 'x'.repeat(max)]) expect(vlanName(kept, found)).toBe(kept);
  });

  it('is one that a VLAN there can bear, whatever it was', () => {
    fc.assert(
      fc.property(name, text => {
        const written = vlanName(text, found);
        expect(written.length).toBeLessThanOrEqual(max);
        expect(written).toMatch(pattern);
        expect(written).toMatch(/^[A-Za-z][\w-]*$/);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same for the same name, and another for another', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(vlanName(one, found)).toBe(vlanName(one, found));
        fc.pre(one !== other && one.isWellFormed() && other.isWellFormed());
        expect(vlanName(one, found)).not.toBe(vlanName(other, found));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps two names apart that differ only behind what fits, or only in what cannot be typed', () => {
    const long = 'x'.repeat(max);
    const all = [`${long}1`, `${long}2`, 'a b', 'a/b', 'a  b', '100', '101', '-', '_', '', 'ü', 'ö', 'default', 'all'];
    expect(new Set(all.map(text => vlanName(text, found))).size).toBe(all.length);
  });
});

describe('what templates see', () => {
  const base = {
    [PLATFORM_FILE]: `${GOOD[PLATFORM_FILE]?.replace("'^p\\d+$'", () => "'^port\\d+$', short: { P: port }")}vars: { a: platform, b: platform, c: platform }\n`,
    [INVENTORY_FILE]: `defaults: { platform: acme, credentials: lab }\ndevices:\n  sw1: { address: x, uplinks: [P48], vars: { c: device, default_vlan: 999 } }\n`,
  };
  const attach = { port: 'P1', mode: 'access', native_vlan: 100, allowed_vlans: null } satisfies Values;

  function values(method: Method, args: Values, changes: Readonly<Record<string, string>> = {}): Values {
    using library = new LibraryOnDisk({ ...base, ...changes });
    library.write(
      'playbooks/acme/attach_port.yml',
      (GOOD['playbooks/acme/attach_port.yml'] ?? '').replace('tasks:', 'vars: { b: playbook, c: playbook }\ntasks:'),
    );
    const { devices, platforms } = library.load();
    const device = devices.get('sw1');
    const platform = platforms.get('acme');
    const playbook = platform?.playbooks.get(method);
    if (!device || !platform || !playbook) throw new Error('the library lacks something');
    const request: ChangeRequest = {
      id: 'req-12345678-90ab',
      method,
      device: 'sw1',
      args,
      caller: { name: '', address: '', scheme: '' },
      why: {},
      dryRun: true,
      deadline: 0,
    };
    return valuesFor(request, device, platform, playbook);
  }

  function refusal(args: Values, changes: Readonly<Record<string, string>> = {}): string {
    try {
      values('attach_port', args, changes);
    } catch (thrown) {
      if (thrown instanceof ChangeError && thrown.outcome === 'refused') return `${thrown.kind}: ${thrown.message}`;
      throw thrown;
    }
    return 'nothing was refused';
  }

  it('is the platform’s vars, then the playbook’s, then the inventory’s, then the call’s', () => {
    expect(values('attach_port', attach)).toMatchObject({ a: 'platform', b: 'playbook', c: 'device', native_vlan: 100 });
  });

  it('is null for what the call leaves out, unless a var of that name says otherwise', () => {
    const seen = values('attach_port', { ...attach, mode: 'trunk', native_vlan: null, allowed_vlans: [200] });
    expect(seen).toMatchObject({ native_vlan: null, description: null, mtu: null, default_vlan: 999 });
    expect(values('attach_port', { ...attach, default_vlan: 998 }).default_vlan).toBe(998);
    expect(values('attach_port', { mode: 'access', native_vlan: 5 }).port).toBeNull();
  });

  it('never takes the VLANs of a port from a var: a trunk without a native VLAN has none', () => {
    const changes = {
      [INVENTORY_FILE]: (base[INVENTORY_FILE] ?? '').replace('c: device', 'c: device, native_vlan: 7, allowed_vlans: [8], mode: access'),
    };
    const seen = values('attach_port', { port: 'P1', mode: 'trunk', native_vlan: null, allowed_vlans: [200] }, changes);
    expect(seen).toMatchObject({ mode: 'trunk', native_vlan: null, allowed_vlans: [200] });
  });

  it('has the port by its long name, the uplinks too, and a name for the change', () => {
    expect(values('attach_port', attach)).toMatchObject({ port: 'port1', uplinks: ['port48'], device: 'sw1', change: '34567890ab' });
  });

  it.each([
    ['an uplink', { port: 'port48' }, 'not_permitted: sw1 port48 is an uplink: nobody may change it'],
    ['an uplink by its short name', { port: 'p48' }, 'not_permitted: sw1 port48 is an uplink: nobody may change it'],
    ['an uplink with blanks', { port: ' P 48 ' }, 'not_permitted: sw1 port48 is an uplink: nobody may change it'],
    ['an uplink with a zero before its number', { port: 'port048' }, 'not_valid: sw1: "port048" is no port name of Acme OS'],
    ['a port name with a line break', { port: 'port1\nno shutdown' }, 'not_valid: sw1: "port1\\nno shutdown" is no port name of Acme OS'],
    ['a port name with a line break at its end', { port: 'port1\n' }, 'nothing was refused'],
    ['VLAN 1', { native_vlan: 1 }, 'not_valid: sw1: VLAN 1 is outside 2-4094'],
    ['VLAN 4095', { native_vlan: 4095 }, 'not_valid: sw1: VLAN 4095 is outside 2-4094'],
    ['half a VLAN', { native_vlan: 100.5 }, 'not_valid: sw1: VLAN 100.5 is outside 2-4094'],
    ['a VLAN as text', { native_vlan: '100' }, 'not_valid: sw1: VLAN 100 is outside 2-4094'],
    ['a bad VLAN among good ones', { mode: 'trunk', allowed_vlans: [200, 1] }, 'not_valid: sw1: VLAN 1 is outside 2-4094'],
    ['a bad default VLAN', { default_vlan: 0 }, 'not_valid: sw1: VLAN 0 is outside 2-4094'],
    ['access without a VLAN', { native_vlan: null }, 'not_valid: sw1: an access port needs native_vlan'],
    [
      'a trunk without VLANs',
      { mode: 'trunk', allowed_vlans: [] },
      'not_valid: sw1: a trunk needs allowed_vlans; an empty list would carry every VLAN',
    ],
    ['a mode the platform lacks', { mode: 'hybrid' }, 'unsupported: sw1: Acme OS has no hybrid ports; it has access, trunk'],
    ['an MTU the platform lacks', { mtu: 9000 }, 'unsupported: sw1: Acme OS cannot set the MTU of a port'],
    ['a description that is too long', { description: 'x'.repeat(81) }, 'not_valid: sw1: the description is longer than 80 characters'],
  ])('is refused for %s', (_what, more, message) => {
    expect(refusal({ ...attach, ...more })).toBe(message);
  });

  it('is refused for a trunk without a native VLAN where the platform has none, and for a description it cannot type', () => {
    const narrow = {
      [PLATFORM_FILE]: base[PLATFORM_FILE]
        .replace('network_types: [vlan]', 'network_types: [vlan], trunk_without_native: false')
        .concat("description: { max: 20, never: '\\?' }\n"),
    };
    expect(refusal({ ...attach, mode: 'trunk', native_vlan: null, allowed_vlans: [200] }, narrow)).toBe(
      'unsupported: sw1: Acme OS has no trunk without a native VLAN',
    );
    expect(refusal({ ...attach, description: 'what?' }, narrow)).toBe('not_valid: sw1: description holds "?", which cannot be typed there');
  });
});
