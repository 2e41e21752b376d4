import { describe, expect, it } from 'vitest';
import { lint, rulesOf } from '../../server/engine/lint/lint.ts';
import { at } from '../../server/errors.ts';
import fc from '../chance.ts';
import { ATTACH_FILE, DETACH_FILE, type Files, GOOD, INVENTORY_FILE, LibraryOnDisk, PLATFORM_FILE } from '../library/files.ts';
import { Tree } from './tree.ts';

const DETACH = `name: Detach {{port}}
tasks:
  - name: Close {{port}}
    commands: close {{port}}
  - name: Open {{port}} on its default VLAN
    commands: '{{#if default_vlan}}vlan {{default_vlan}}{{/if}}'
verify:
  - name: The port is closed
    commands: show {{port}}
    expect: 'closed{{#if default_vlan}} on {{default_vlan}}{{/if}}'
rescue:
  - name: Close {{port}}
    commands: shut {{port}}
  - name: The port is closed
    cli_mode: exec
    commands: show {{port}}
    expect: closed
`;

/** A small library that no rule is against. */
const CLEAN: Readonly<Record<string, string>> = {
  ...GOOD,
  [PLATFORM_FILE]: (GOOD[PLATFORM_FILE] ?? '').replace('modes: [access, trunk]', 'modes: [access]'),
  [DETACH_FILE]: DETACH,
};

function altered(file: string, piece: string, by: string): Record<string, string> {
  const text = CLEAN[file] ?? '';
  if (!text.includes(piece)) throw new Error(`${file} has no ${piece}`);
  return { [file]: text.replace(piece, () => by) };
}

/** What is found once `changes` are laid over it: `file:line rule`, or what a complaint says. */
function foundIn(changes: Files): string[] {
  using library = new LibraryOnDisk({ ...CLEAN, ...changes });
  const { complaints, findings } = lint(library.folders);
  return [
    ...complaints.map(({ place, message }) => `${at(place)} ${message}`),
    ...findings.map(({ place, rule }) => `${at(place)} ${rule}`),
  ];
}

const withLint = (text: string) => altered(PLATFORM_FILE, 'vlans:', `lint:\n${text}vlans:`);

describe('a platform that says nothing of its CLI', () => {
  it('is held to what follows from its modes alone', () => {
    expect(foundIn({})).toEqual([]);
    expect(foundIn(altered(ATTACH_FILE, '      interface {{port}}\n', '      configure\n      interface {{port}}\n'))).toEqual([
      `${ATTACH_FILE}:6 no-mode-change`,
    ]);
  });
});

describe('the rules of a platform', () => {
  it('are the vendor’s own, where they say what and why', () => {
    const own = withLint("  rules:\n    no-close: { what: Nothing is closed, why: we say so, never: '^close ' }\n");
    expect(foundIn(own)).toEqual([`${DETACH_FILE}:4 no-close`]);
    using library = new LibraryOnDisk({ ...CLEAN, ...own });
    const rules = rulesOf(lint(library.folders).library);
    expect(rules.at(-1)).toEqual({ id: 'no-close', severity: 'error', what: 'Nothing is closed', why: 'we say so', platforms: ['acme'] });
  });

  it('are refused when nobody knows them and they do not say what and why', () => {
    expect(foundIn(withLint("  rules:\n    open-lst: { never: 'x' }\n"))).toEqual([
      `${PLATFORM_FILE}:12 lint: no rule is called open-lst; did you mean open-last? One of your own says \`what\` and \`why\``,
    ]);
  });

  it('are refused when their shape is wrong', () => {
    const oneOf = 'a rule has one of `never`, `needs` and `line`; and `line` goes with one of `after`, `not_after` and `with`';
    expect(foundIn(withLint("  rules:\n    open-last: { never: 'x', needs: 'y' }\n"))).toEqual([
      `${PLATFORM_FILE}:12 lint.rules.open-last: ${oneOf}`,
    ]);
    expect(foundIn(withLint("  rules:\n    open-last: { line: 'x' }\n"))).toEqual([`${PLATFORM_FILE}:12 lint.rules.open-last: ${oneOf}`]);
    expect(foundIn(withLint("  rules:\n    open-last: { line: 'x', afer: 'y' }\n"))).toEqual([
      `${PLATFORM_FILE}:12 unknown key afer; did you mean after?`,
    ]);
    expect(foundIn(withLint("  rules:\n    has-rescue: { never: 'x' }\n"))).toEqual([
      `${PLATFORM_FILE}:12 lint: has-rescue is looked after without any pattern`,
    ]);
    expect(foundIn(withLint("  rules:\n    open-last: { on: lag, never: 'x' }\n"))).toEqual([
      `${PLATFORM_FILE}:12 lint: \`on\` needs \`under\`, which says what a line is about`,
    ]);
  });

  it('follow what a line is about: what was typed for one port does not count for another', () => {
    const rules = withLint("  under: '^interface (.+)$'\n  rules:\n    open-last: { line: '^vlan \\d', not_after: '^open$' }\n");
    const attach = (block: string) => altered(ATTACH_FILE, '      interface {{port}}\n        vlan {{native_vlan}}\n', block);
    const other = '      interface p99\n        open\n      interface {{port}}\n        vlan {{native_vlan}}\n        open\n';
    const same = '      interface {{port}}\n        open\n        vlan {{native_vlan}}\n';
    expect(foundIn({ ...rules, ...attach(other) })).toEqual([]);
    expect(foundIn({ ...rules, ...attach(same) })).toEqual([`${ATTACH_FILE}:8 open-last`]);
  });
});

describe('what the inventory sets', () => {
  const trapped = altered(
    ATTACH_FILE,
    '      interface {{port}}\n',
    '      {{#if trap}}\n      configure\n      {{/if}}\n      interface {{port}}\n',
  );
  const vars = (text: string) =>
    altered(INVENTORY_FILE, '  sw1: { address: 192.0.2.1 }', `  sw1: { address: 192.0.2.1 }\n  sw2: { address: 192.0.2.2, ${text} }`);
  const none = { [ATTACH_FILE]: (trapped[ATTACH_FILE] ?? '').replace('tasks:', 'vars: { trap: false }\ntasks:') };

  it('is planned with: a line that one device alone would have typed is seen', () => {
    expect(foundIn({ ...none, ...vars('vars: { trap: false }') })).toEqual([]);
    expect(foundIn({ ...none, ...vars('vars: { trap: true }') })).toEqual([`${ATTACH_FILE}:8 no-mode-change`]);
  });
});

describe('an allowance', () => {
  const rule = withLint("  rules:\n    no-close: { what: Nothing is closed, why: we say so, never: '^close ' }\n");
  const detach = (line: string) => foundIn({ ...rule, ...altered(DETACH_FILE, '    commands: close {{port}}\n', line) });

  it.each([
    ['behind the line', '    commands: close {{port}}   # lint: allow no-close because Acme has no other way\n'],
    ['above the line', '    # lint: allow no-close because Acme has no other way\n    commands: close {{port}}\n'],
    ['above the line, among other remarks', '    # lint: allow no-close because of this\n    # and that\n\n    commands: close {{port}}\n'],
    ['in a block', '    commands: |\n      close {{port}} {{! lint: allow no-close because Acme has no other way }}\n'],
    ['above a line of a block', '    commands: |\n      {{!-- lint: allow no-close because of this --}}\n      close {{port}}\n'],
    ['at the beginning of a block', '    commands: >   # lint: allow no-close because Acme has no other way\n      close {{port}}\n'],
    ['above a block', '    # lint: allow no-close because Acme has no other way\n    commands: >\n      close\n      {{port}}\n'],
  ])('counts %s', (_, line) => expect(detach(line)).toEqual([]));

  it('is for its rule and its line alone', () => {
    const other = '    # lint: allow no-close because of this\n    when: { port: p1 }\n    commands: close {{port}}\n';
    expect(detach(other)).toEqual(expect.arrayContaining([`${DETACH_FILE}:4 allowance`]));
    expect(detach('    commands: close {{port}}   # lint: allow known-words because of this\n')).toEqual([
      `${DETACH_FILE}:4 allowance`,
      `${DETACH_FILE}:4 no-close`,
    ]);
  });

  it('needs a reason, and a rule that there is', () => {
    const told = (line: string) => {
      using library = new LibraryOnDisk({ ...CLEAN, ...rule, ...altered(DETACH_FILE, '    commands: close {{port}}\n', line) });
      return lint(library.folders)
        .findings.filter(finding => finding.rule === 'allowance')
        .map(({ message }) => message.replace(/: the rule is that an allowance .*/, ''));
    };
    expect(told('    commands: close {{port}}   # lint: allow no-close\n')).toEqual(['no-close is allowed here without a reason']);
    expect(told('    commands: close {{port}}   # lint: allow no-clse because of this\n')).toEqual([
      'no rule is called no-clse; did you mean no-close?',
    ]);
    expect(told('    commands: close {{port}}   # lint: alow no-close because of this\n')).toEqual([
      'this is no allowance; one is `lint: allow RULE because …`',
    ]);
    expect(told('    commands: close {{port}}   # lint: allow allowance because of this\n')).toEqual(['allowance cannot be allowed']);
  });

  it('that nothing needs is told', () => {
    expect(foundIn(altered(ATTACH_FILE, 'rescue: detach_port', '# lint: allow has-rescue because of this\nrescue: detach_port'))).toEqual([
      `${ATTACH_FILE}:12 allowance`,
    ]);
  });
});

describe('secrets', () => {
  const inventory = (line: string) => foundIn(altered(INVENTORY_FILE, 'devices:\n', `devices:\n${line}`));
  const device = (vars: string) => inventory(`  sw2:\n    address: 192.0.2.2\n    vars:\n      ${vars}\n`);

  it.each([
    'password: hunter2',
    'snmp_community: public',
    'enable: s3cret',
    'api_token: 12345678',
    "radius_secret: 'x'",
    'note: "enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0"',
    "hash: '$6$rounds=5000$saltsalt$abcdefghijkl'",
    "hash: '$9$dhwgoGDifTQFnAuOREc'",
    'line: username admin password 7 0822455D0A16',
    'line: snmp-server community tellme ro',
    'line: set snmp community tellme',
    'pem: -----BEGIN OPENSSH PRIVATE KEY-----',
  ])('are found: %s', vars => expect(device(vars)).toEqual([`${INVENTORY_FILE}:6 no-secret`]));

  it('are found in remarks and templates', () => {
    expect(inventory('  # the old one was $1$abcdefgh$ijklmnopqrst\n')).toEqual([`${INVENTORY_FILE}:3 no-secret`]);
    const template = { 'templates/acme/x.hbs': 'key 7 0822455D0A16\n' };
    expect(foundIn(template)).toEqual(['templates/acme/x.hbs:1 no-secret']);
  });

  it('are never shown', () => {
    using library = new LibraryOnDisk({ ...CLEAN, 'templates/acme/x.hbs': 'enable secret 0 hunter2\nsnmp-server community tellme\n' });
    const { findings } = lint(library.folders);
    expect(findings).toHaveLength(2);
    expect(JSON.stringify(findings)).not.toMatch(/hunter2|tellme/);
  });

  it('are not shown by a rule that is about the line either', () => {
    const words = withLint('  words: { read: [show], change: [interface, vlan, close, shut] }\n');
    const typed = altered(ATTACH_FILE, '      interface {{port}}\n', '      snmp-server community tellme\n      interface {{port}}\n');
    using library = new LibraryOnDisk({ ...CLEAN, ...words, ...typed });
    const { findings } = lint(library.folders);
    expect(findings.map(({ rule, place }) => `${at(place)} ${rule}`)).toEqual([
      `${ATTACH_FILE}:6 known-words`,
      `${ATTACH_FILE}:6 no-secret`,
    ]);
    expect(findings[0]?.message).toMatch(/^a line that holds a community: /);
    expect(JSON.stringify(findings)).not.toContain('tellme');
  });

  it.each([
    'credentials: network-team',
    'note: a password stands in the credentials file',
    "password: ''",
    'link: /etc/mercury/password_file',
    "username: '{{user}}'",
  ])('are not seen in %s', vars => expect(device(vars)).toEqual([]));
});

describe('VLAN 1', () => {
  it('is no default of anybody', () => {
    const found = foundIn(
      altered(
        INVENTORY_FILE,
        'defaults: { platform: acme, credentials: lab }',
        'defaults:\n  platform: acme\n  credentials: lab\n  vars: { default_vlan: 1 }',
      ),
    );
    expect(found).toContain(`${INVENTORY_FILE}:4 no-vlan-1`);
  });
});

describe('a library that is refused', () => {
  it('is still searched for secrets, and not planned with', () => {
    const broken = altered(ATTACH_FILE, 'name: Attach {{port}}', 'name: Attach {{prt}}');
    expect(foundIn({ ...broken, 'templates/acme/x.hbs': 'enable secret 0 hunter2\n' })).toEqual([
      `${ATTACH_FILE}:2 {{prt}} is set by nobody; did you mean {{port}}?`,
      'templates/acme/x.hbs:1 no-secret',
    ]);
  });
});

const depthOf = (line: string) => line.search(/\S|$/);

/** Whether a line belongs to a block after `|`. */
function isInBlock(lines: readonly string[], i: number): boolean {
  const head = lines.slice(0, i).findLast(line => line.trim() !== '' && depthOf(line) < depthOf(lines[i] ?? ''));
  return head?.endsWith('|') ?? false;
}

describe('remarks and blanks', () => {
  /** Findings of every kind: about templates, blocks, folded blocks, and playbooks as a whole. */
  const breakIt = (tree: Tree) => {
    tree.edit('templates/cisco_ios/trunk.hbs', 'interface {{port}}\n', 'interface {{port}}\n  switchport mode trunk\n');
    tree.edit('playbooks/cisco_ios/attach_port.yml', '        shutdown\n', '        shut\n');
    tree.edit('playbooks/cisco_ios/update_port.yml', '\nrescue: detach_port\n', '');
    tree.edit('playbooks/cisco_ios/is_port_supported.yml', 'show running-config interface', 'sh run interface');
    tree.edit('playbooks/cisco_ios/attach_port.yml', 'are:', 'hold:');
  };
  const FILES = [
    'templates/cisco_ios/trunk.hbs',
    'playbooks/cisco_ios/attach_port.yml',
    'playbooks/cisco_ios/update_port.yml',
    'playbooks/cisco_ios/is_port_supported.yml',
  ];

  it('change no finding but its line', () => {
    using before = new Tree('cisco_ios');
    breakIt(before);
    const findings = before.lint().findings;
    expect(findings.length).toBeGreaterThan(5);
    const edit = fc.record({
      file: fc.constantFrom(...FILES),
      where: fc.nat(),
      what: fc.constantFrom('blank', 'remark', 'trailing'),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), edits => {
        using tree = new Tree('cisco_ios');
        const moved = new Map<string, number[]>();
        breakIt(tree);
        for (const { file, where, what } of edits) {
          const lines = tree.read(file).split('\n');
          const i = where % (lines.length - 1);
          const indent = /^ */.exec(lines[i] ?? '')?.[0] ?? '';
          // In a block a `#` would be typed, so a remark is Handlebars' there.
          const inBlock = file.endsWith('.hbs') || isInBlock(lines, i);
          if (what === 'trailing') lines[i] += lines[i] === '' || inBlock ? '  ' : '   # a remark';
          else {
            lines.splice(i, 0, what === 'blank' ? '' : inBlock ? `${indent}{{! a remark }}` : `${indent}# a remark`);
            moved.set(file, [...(moved.get(file) ?? []).map(line => (line >= i ? line + 1 : line)), i]);
          }
          tree.write(file, lines.join('\n'));
        }
        // Where each original line is now.
        const nowAt = (file: string, line: number) => {
          let left = line - 1;
          for (let now = 0; ; now += 1) {
            if (moved.get(file)?.includes(now)) continue;
            if (left === 0) return now + 1;
            left -= 1;
          }
        };
        const expected = findings.map(({ rule, place, message }) => ({
          rule,
          at: `${place.file}:${nowAt(place.file, place.line)}`,
          message,
        }));
        const found = tree.lint();
        expect(found.complaints).toEqual([]);
        expect(found.findings.map(({ rule, place, message }) => ({ rule, at: at(place), message }))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
