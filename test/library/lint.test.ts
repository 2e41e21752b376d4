import { describe, expect, it } from 'vitest';
import { LibraryError } from '../../server/library/complaints.ts';
import {
  ATTACH_FILE,
  altered,
  complaintsOf,
  DETACH_FILE,
  type Files,
  GOOD,
  INVENTORY_FILE,
  LibraryOnDisk,
  lineWith,
  PLATFORM_FILE,
} from './files.ts';

interface Wrong {
  readonly what: string;
  readonly changes: Files;
  /** Text that stands only on the line that is complained about, in `file`. */
  readonly at: string;
  readonly file?: string;
  readonly says: string | RegExp;
}

/** Each of these makes exactly one complaint, at exactly that line. */
function complains(cases: readonly Wrong[]): void {
  it.each(cases)('complains about $what', ({ changes, at, file, says }) => {
    const place = lineWith(changes, file ?? Object.keys(changes)[0] ?? '', at);
    const [complaint, ...others] = complaintsOf(changes);
    expect(others).toEqual([]);
    expect(complaint?.slice(0, place.length + 2)).toBe(`${place}: `);
    const sentence = complaint?.slice(place.length + 2);
    if (typeof says === 'string') expect(sentence).toBe(says);
    else expect(sentence).toMatch(says);
  });
}

const attach = (piece: string, by: string) => altered(ATTACH_FILE, piece, by);
const platform = (piece: string, by: string) => altered(PLATFORM_FILE, piece, by);
const LIBRARY_LINES = 'commands: |\n      interface {{port}}\n        vlan {{native_vlan}}';
const PLATFORM = GOOD[PLATFORM_FILE] ?? '';
const MODES = PLATFORM.slice(PLATFORM.indexOf('modes:'), PLATFORM.indexOf('failures:'));
const inBlock = (line: string) => attach('        vlan {{native_vlan}}\nverify', `        ${line}\nverify`);

it('has no complaint about a good library', () => {
  expect(complaintsOf({})).toEqual([]);
});

describe('YAML', () => {
  complains([
    {
      what: 'a bracket that is not closed',
      changes: { ...attach('tasks:', 'vars: { a: 1\ntasks:') },
      at: 'tasks:',
      says: /^not YAML: /,
    },
    {
      what: 'a tab as indentation',
      changes: attach('    commands: show', '\t  commands: show'),
      at: '\t',
      says: /^not YAML: tab characters/,
    },
    {
      what: 'a key that is there twice',
      changes: attach('rescue:', 'name: Again\nrescue:'),
      at: 'Again',
      says: /^not YAML: duplicated mapping key/,
    },
    { what: 'a file that is empty', changes: { [DETACH_FILE]: '# later' }, at: 'later', says: 'the file is empty' },
    { what: 'a list where keys belong', changes: { [INVENTORY_FILE]: '- sw1\n' }, at: 'sw1', says: 'expected object, received array' },
    {
      what: 'a second document, which nobody would ever read',
      changes: altered(INVENTORY_FILE, 'devices:', 'groups: {}\n---\ndevices:'),
      at: 'devices:',
      says: /^a second document begins here/,
    },
  ]);
});

describe('keys and types', () => {
  complains([
    {
      what: 'a top key that is nearly a known one',
      changes: attach('tasks:', 'task:'),
      at: 'task:',
      says: 'unknown key task; did you mean tasks?',
    },
    {
      what: 'a task key that is nearly a known one',
      changes: attach('commands: |', 'comands: |'),
      at: 'comands',
      says: 'unknown key comands; did you mean commands?',
    },
    {
      what: 'a key of a verify task',
      changes: attach('    expect: vlan', '    expekt: vlan'),
      at: 'expekt',
      says: 'unknown key expekt; did you mean expect?',
    },
    {
      what: 'a key of an expectation',
      changes: attach('expect: vlan {{native_vlan}}', 'expect: { text: vlan, mean: it does not }'),
      at: 'mean: it',
      says: 'unknown key mean; did you mean means?',
    },
    { what: 'a key like no other', changes: attach('rescue:', 'colour: red\nrescue:'), at: 'colour', says: 'unknown key colour' },
    {
      what: 'a merge key, which YAML 1.2 does not have',
      changes: attach('tasks:', 'vars: &a { b: 1 }\ntasks:\n  - { <<: *a, name: Wait, commands: wait }'),
      at: '<<',
      says: 'unknown key <<',
    },
    {
      what: 'a number for a pattern, at the pattern and not at the list it stands in',
      changes: attach('expect: vlan {{native_vlan}}', 'expect: 5'),
      at: 'expect: 5',
      says: 'verify.0.expect: must be a pattern, { text, means }, { vlans, are | hold, … } or a list of these',
    },
    {
      what: 'a number in a list of patterns',
      changes: attach('expect: vlan {{native_vlan}}', 'expect:\n      - closed\n      - 17'),
      at: '17',
      says: 'verify.0.expect.1: must be a pattern, { text, means } or { vlans, are | hold, under, except, means }',
    },
    {
      what: 'a VLAN expectation that says neither are nor hold',
      changes: attach('expect: vlan {{native_vlan}}', "expect: { vlans: '(.*)' }"),
      at: '(.*)',
      says: 'verify.0.expect: says either `are` or `hold`',
    },
    {
      what: 'a VLAN expectation whose list is a number',
      changes: attach('expect: vlan {{native_vlan}}', "expect: { vlans: '(.*)', are: 5 }"),
      at: '(.*)',
      says: 'verify.0.expect.are: expected string, received number',
    },
    {
      what: 'both commands and a template',
      changes: attach('commands: |', 'template: acme/a.hbs\n    commands: |'),
      at: '- name: Give',
      says: 'tasks.0: a task has either `commands` or `template`',
    },
    {
      what: 'a task without commands',
      changes: attach(LIBRARY_LINES, 'when: { mode: trunk }'),
      at: '- name: Give',
      says: 'tasks.0: a task has either `commands` or `template`',
    },
    {
      what: 'a variable that is no plain value',
      changes: attach('tasks:', 'vars: { mtu: { min: 1500 } }\ntasks:'),
      at: 'mtu',
      says: 'vars.mtu: must be text, a number, true, false, null, or a list of texts and numbers',
    },
    {
      what: 'a retry that waits without a unit',
      changes: attach('    expect:', '    retry: { times: 3, delay: 2 }\n    expect:'),
      at: 'retry',
      says: 'verify.0.retry.delay: expected string, received number',
    },
    {
      what: 'verify that is a sentence',
      changes: altered(DETACH_FILE, GOOD[DETACH_FILE]?.slice(GOOD[DETACH_FILE].indexOf('verify:')) ?? '', 'verify: read it back\n'),
      at: 'verify:',
      says: 'verify: must be a list of tasks or the name of a playbook of this platform',
    },
    {
      what: 'verify that is a number',
      changes: altered(DETACH_FILE, GOOD[DETACH_FILE]?.slice(GOOD[DETACH_FILE].indexOf('verify:')) ?? '', 'verify: 1\n'),
      at: 'verify:',
      says: 'verify: must be a list of tasks or the name of a playbook of this platform',
    },
    {
      what: 'a playbook without a name',
      changes: attach('name: Attach {{port}}\n', ''),
      at: 'tasks:',
      says: 'name is missing (A sentence for the log)',
    },
  ]);
});

describe('platform.yml', () => {
  complains([
    {
      what: 'an unknown key',
      changes: platform('config_mode', 'confg_mode'),
      at: 'confg_mode',
      says: /^unknown key confg_mode; did you mean config_mode\?$/,
    },
    {
      what: 'an empty list of failure patterns',
      changes: platform("['^%']", '[]'),
      at: 'failures',
      says: 'failures: a platform without failure patterns would take every refusal for success',
    },
    {
      what: 'no failure patterns at all',
      changes: platform("failures: ['^%']\n", ''),
      at: 'name: Acme',
      says: 'failures: a platform without failure patterns would take every refusal for success',
    },
    { what: 'VLAN 1', changes: platform('2-4094', '1-4094'), at: 'vlans', says: 'vlans.ids: VLAN 1 is nobody’s to attach' },
    { what: 'ids that are no VLANs', changes: platform('2-4094', '2-4095'), at: 'vlans', says: 'vlans.ids: 0 and 4095 are no VLANs' },
    {
      what: 'ids that are no list',
      changes: platform('2-4094', 'two'),
      at: 'vlans',
      says: 'vlans.ids: two is no list of VLANs such as 2-1001,1006-4094',
    },
    {
      what: 'a parent mode that is not there',
      changes: platform('parent: exec', 'parent: exce'),
      at: 'exce',
      says: 'no mode exce in platform.yml; it has exec, config',
    },
    {
      what: 'a config_mode that is not there',
      changes: platform('config_mode: config', 'config_mode: cfg'),
      at: 'cfg',
      says: 'no mode cfg in platform.yml; it has exec, config',
    },
    {
      what: 'a mode with no way in',
      changes: platform('enter: configure, ', ''),
      at: 'config: {',
      says: 'config has a parent but nothing to enter it with',
    },
    {
      what: 'modes that are each other’s parent',
      changes: platform("exec: { prompt: '[\\w.-]+>' }", "exec: { prompt: '[\\w.-]+>', parent: config, enter: end }"),
      at: 'exec: {',
      says: 'no mode is the first: each has a parent',
    },
    {
      what: 'a shell session without modes',
      changes: platform(MODES, 'modes: {}\n'),
      at: 'modes: {}',
      says: 'a shell session needs modes',
    },
    {
      what: 'a prompt that is no pattern',
      changes: platform("'[\\w.-]+>'", "'[\\w.-+>'"),
      at: 'exec: {',
      says: /^Invalid regular expression/,
    },
    {
      what: 'an interface pattern that is none',
      changes: platform("'^p\\d+$'", "'^p(\\d+$'"),
      at: 'interfaces',
      says: /^Invalid regular expression/,
    },
    {
      what: 'an on_open that is a number',
      changes: platform('failures:', 'on_open: [terminal length 0, 5]\nfailures:'),
      at: 'on_open',
      says: 'on_open.1: expected string, received number',
    },
    {
      what: 'a way in that is a number',
      changes: platform('enter: configure', 'enter: 5'),
      at: 'config: {',
      says: 'modes.config.enter: must be a line or a list of lines',
    },
    {
      what: 'a commit that is no step',
      changes: platform('failures:', 'transaction: { commit: [commit], discard: abort }\nfailures:'),
      at: 'transaction',
      says: 'transaction.commit: must be command text or { commands, expect, reject, tolerate, answer, cli_mode, lands }',
    },
    {
      what: 'a commit that lands nowhere',
      changes: platform('failures:', 'transaction: { commit: { commands: commit, lands: exce }, discard: abort }\nfailures:'),
      at: 'transaction',
      says: 'no mode exce in platform.yml; it has exec, config',
    },
  ]);

  it('is asked for in a folder that has none', () => {
    expect(complaintsOf({ 'playbooks/empty/attach_port.yml': GOOD[ATTACH_FILE] ?? '' })).toEqual([
      'playbooks/empty/platform.yml:1: there is no such file',
    ]);
  });

  it('is asked for when there is no folder of playbooks at all', () => {
    const none = { [PLATFORM_FILE]: null, [ATTACH_FILE]: null, [DETACH_FILE]: null, [INVENTORY_FILE]: null };
    expect(complaintsOf(none)).toEqual(['playbooks:1: no platform folders here']);
  });
});

describe('playbooks', () => {
  const verify = GOOD[DETACH_FILE]?.slice(GOOD[DETACH_FILE].indexOf('verify:')) ?? '';

  complains([
    {
      what: 'no verify',
      changes: altered(DETACH_FILE, verify, ''),
      at: 'name: Detach',
      says: 'no verify: a change that is not read back cannot be called applied',
    },
    {
      what: 'a verify task that proves nothing',
      changes: altered(DETACH_FILE, '    expect: closed\n', ''),
      at: '- name: The port is closed',
      says: 'verify: a task without expect or reject proves nothing',
    },
    {
      what: 'a rescue that is checked by nothing',
      changes: attach('rescue: detach_port', 'rescue:\n  - name: Close it\n    commands: close'),
      at: '- name: Close it',
      says: 'rescue: needs a task in exec with expect or reject, or it cannot be called rescued',
    },
    {
      what: 'a mode that is not there',
      changes: attach('    expect:', '    cli_mode: conf\n    expect:'),
      at: 'conf',
      says: 'no mode conf in platform.yml; it has exec, config',
    },
    {
      what: 'a verify that names a playbook that is not there',
      changes: { ...altered(DETACH_FILE, verify, '\nverify: update_port\n'), ...attach('rescue: detach_port', '') },
      at: 'verify: update_port',
      says: 'verify: this platform has no update_port.yml',
    },
    {
      what: 'a rescue that names a playbook that is not there',
      changes: { ...attach('rescue: detach_port', 'rescue: detach_prt') },
      at: 'rescue:',
      says: 'rescue: this platform has no detach_prt.yml',
    },
    {
      what: 'a verify that leads to another that leads on',
      changes: {
        'playbooks/acme/update_port.yml': 'name: Change\ntasks: []\nverify: attach_port\n',
        ...altered(DETACH_FILE, verify, 'verify: update_port\n'),
        ...attach('rescue: detach_port', ''),
      },
      file: DETACH_FILE,
      at: 'verify: update_port',
      says: 'verify: update_port.yml has no verify list of its own',
    },
    {
      what: 'a file named after no method',
      changes: { 'playbooks/acme/atach_port.yml': 'name: x\n' },
      at: 'name: x',
      says: 'no method is called atach_port; did you mean attach_port.yml?',
    },
    {
      what: 'a file whose name ends in .yaml, which would never be found',
      changes: { 'playbooks/acme/update_port.yaml': 'name: x\n' },
      at: 'name: x',
      says: 'a playbook’s name ends in .yml: update_port.yml',
    },
    {
      what: 'a pattern that is none',
      changes: attach('expect: vlan', 'expect: (vlan'),
      at: '(vlan',
      says: /^Invalid regular expression: .*Unterminated group$/,
    },
    {
      what: 'a pattern that is none in a list of patterns',
      changes: attach('expect: vlan {{native_vlan}}', "expect:\n      - vlan\n      - '[z-a]'"),
      at: '[z-a]',
      says: /^Invalid regular expression: .*out of order/,
    },
    {
      what: 'a question that is no pattern',
      changes: attach('    expect:', "    answer: { '(y/n': y }\n    expect:"),
      at: '(y/n',
      says: /^Invalid regular expression/,
    },
    {
      what: 'a tolerate that is no pattern',
      changes: attach('    expect:', '    tolerate: (\n    expect:'),
      at: 'tolerate',
      says: /^Invalid regular expression/,
    },
    {
      what: 'a when that nobody sets',
      changes: attach('    commands: |', '    when: { mod: trunk }\n    commands: |'),
      at: '- name: Give',
      says: 'when: mod is set by nobody',
    },
    {
      what: 'a when that never holds',
      changes: attach('    commands: |', '    when: { mode: [access, trnk] }\n    commands: |'),
      at: '- name: Give',
      says: 'when: mode is never trnk; it is access, trunk or hybrid',
    },
  ]);

  it('takes a value for what it is in a pattern: a quantifier may follow it', () => {
    expect(complaintsOf(attach('expect: vlan {{native_vlan}}', "expect: 'vlan (?:{{native_vlan}})+ [{{native_vlan}}-]'"))).toEqual([]);
  });

  it('says of a playbook that is wrong only what is wrong in it, not that others miss it', () => {
    const changes = altered(DETACH_FILE, 'tasks:', 'task:');
    expect(complaintsOf(changes)).toEqual([`${lineWith(changes, DETACH_FILE, 'task:')}: unknown key task; did you mean tasks?`]);
  });

  it('says of a platform that is wrong only what is wrong in it, not that devices miss it', () => {
    const changes = platform('read_mode', 'raed_mode');
    expect(complaintsOf(changes)).toEqual([
      `${lineWith(changes, PLATFORM_FILE, 'raed_mode')}: unknown key raed_mode; did you mean read_mode?`,
    ]);
  });
});

describe('template blocks', () => {
  complains([
    {
      what: 'a {{ that is not closed',
      changes: inBlock('vlan {{native_vlan'),
      at: '  vlan {{native_vlan',
      says: 'template: {{ is not closed with }}',
    },
    {
      what: 'a block that is not closed',
      changes: inBlock('{{#if port}}vlan'),
      at: '{{#if port}}',
      says: 'template: {{#if}} is not closed',
    },
    {
      what: 'a block that is closed by another’s name',
      changes: inBlock('{{#if port}}x{{/each}}'),
      at: '{{/each}}',
      says: "template: if doesn't match each",
    },
    { what: 'an end without a beginning', changes: inBlock('x{{/if}}'), at: '{{/if}}', says: /^template: / },
    { what: 'signs that mean nothing', changes: inBlock('{{port|upper}}'), at: 'upper', says: /^template: .*port\|upper/ },
    {
      what: 'an unknown helper',
      changes: inBlock('{{upper port}}'),
      at: 'upper',
      says: 'template: no helper upper; there are vlans, vlan_chunks, join, eq',
    },
    {
      what: 'an unknown helper inside a condition',
      changes: inBlock('{{#if (or port mode)}}x{{/if}}'),
      at: '(or',
      says: 'template: no helper or; there are vlans, vlan_chunks, join, eq',
    },
    {
      what: 'a block helper of full Handlebars',
      changes: inBlock('{{#with port}}x{{/with}}'),
      at: '#with',
      says: 'template: {{#with}} is not part of the playbook language; there are #if, #unless and #each',
    },
    {
      what: 'a partial',
      changes: inBlock('{{> acme/edge}}'),
      at: '{{>',
      says: 'template: PartialStatement is not part of the playbook language',
    },
    {
      what: 'a partial block',
      changes: inBlock('{{#> edge}}{{/edge}}'),
      at: '{{#>',
      says: 'template: PartialBlockStatement is not part of the playbook language',
    },
    {
      what: 'a decorator',
      changes: inBlock('{{#*inline "x"}}{{/inline}}'),
      at: 'inline',
      says: 'template: DecoratorBlock is not part of the playbook language',
    },
    { what: 'a condition about nothing', changes: inBlock('{{#if}}x{{/if}}'), at: '{{#if}}', says: 'template: {{#if}} takes one value' },
    {
      what: 'a condition about two things',
      changes: inBlock('{{#if port mode}}x{{/if}}'),
      at: '{{#if',
      says: 'template: {{#if}} takes one value',
    },
    {
      what: 'a named value that a helper does not take',
      changes: inBlock('{{vlans native_vlan excpt=5}}'),
      at: 'excpt',
      says: 'template: vlans takes no excpt=; it takes except=, sep=',
    },
    {
      what: 'a named value of a block',
      changes: inBlock('{{#if port includeZero=true}}x{{/if}}'),
      at: 'includeZero',
      says: 'template: {{#if}} takes no includeZero=',
    },
    { what: 'a comparison with nothing', changes: inBlock('{{#if (eq mode)}}x{{/if}}'), at: '(eq', says: 'template: eq takes 2 values' },
    {
      what: 'this outside #each',
      changes: inBlock('x {{this}}'),
      at: 'this',
      says: 'template: {{this}} means something only inside #each',
    },
    {
      what: '@first outside #each',
      changes: inBlock('x {{@first}}'),
      at: '@first',
      says: 'template: {{@first}} means something only inside #each',
    },
    {
      what: 'a name nobody sets, printed',
      changes: inBlock('vlan {{nativ_vlan}}'),
      at: 'nativ_vlan',
      says: '{{nativ_vlan}} is set by nobody; did you mean {{native_vlan}}?',
    },
    {
      what: 'a name nobody sets, inside #if',
      changes: inBlock('{{#if prt}}x{{/if}}'),
      at: 'prt',
      says: '{{prt}} is set by nobody; did you mean {{port}}?',
    },
    {
      what: 'a name nobody sets, inside #unless',
      changes: inBlock('{{#unless prt}}x{{/unless}}'),
      at: 'prt',
      says: '{{prt}} is set by nobody; did you mean {{port}}?',
    },
    {
      what: 'a name nobody sets, as the list of #each',
      changes: inBlock('{{#each allowed_vlan}}{{this}}{{/each}}'),
      at: 'allowed_vlan}',
      says: '{{allowed_vlan}} is set by nobody; did you mean {{allowed_vlans}}?',
    },
    {
      what: 'a name nobody sets, in the body of #each',
      changes: inBlock('{{#each allowed_vlans}}{{this}} {{colour}}{{/each}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name nobody sets, in an {{else}}',
      changes: inBlock('{{#if port}}x{{else}}{{colour}}{{/if}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name nobody sets, in a helper',
      changes: inBlock('{{vlans native_vlan colour}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name nobody sets, as a helper’s named value',
      changes: inBlock('{{vlans native_vlan except=colour}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name nobody sets, inside a comparison',
      changes: inBlock('{{#if (eq colour "x")}}y{{/if}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a loop variable that Handlebars does not have',
      changes: inBlock('{{#each allowed_vlans}}{{#unless @frist}}add {{/unless}}{{this}}{{/each}}'),
      at: '@frist',
      says: 'template: no {{@frist}}; there are @first, @last and @index',
    },
    {
      what: 'a way round the names: @root',
      changes: inBlock('{{#each allowed_vlans}}{{#if @root.colour}}x{{/if}}{{/each}}'),
      at: '@root',
      says: 'template: no {{@root.colour}}; there are @first, @last and @index',
    },
    {
      what: 'a way round the names: a path upwards',
      changes: inBlock('{{#each allowed_vlans}}{{../port}}{{/each}}'),
      at: '../port',
      says: 'template: write {{port}} for {{../port}}: outer names are visible inside #each',
    },
    {
      what: 'a property of a loop value',
      changes: inBlock('{{#each allowed_vlans}}{{#if this.port}}x{{/if}}{{/each}}'),
      at: 'this.port',
      says: 'template: write {{port}} for {{this.port}}: outer names are visible inside #each',
    },
    {
      what: 'a name nobody sets, in the name of a task',
      changes: attach('Give {{port}} its', 'Give {{prt}} its'),
      at: 'prt',
      says: '{{prt}} is set by nobody; did you mean {{port}}?',
    },
    {
      what: 'a name nobody sets, in a pattern',
      changes: attach('expect: vlan {{native_vlan}}', 'expect: vlan {{colour}}'),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name nobody sets, in an answer',
      changes: attach('    expect:', "    answer: { 'y/n': '{{colour}}' }\n    expect:"),
      at: 'colour',
      says: '{{colour}} is set by nobody',
    },
    {
      what: 'a name that only another method sets',
      changes: altered(DETACH_FILE, 'close {{port}}', 'close {{port}} {{allowed_vlans}}'),
      at: 'allowed_vlans',
      says: '{{allowed_vlans}} is set by nobody',
    },
    {
      what: 'a name nobody sets, on_open',
      changes: platform('failures:', "on_open: ['hello {{port}}']\nfailures:"),
      at: 'on_open',
      says: '{{port}} is set by nobody',
    },
    {
      what: 'a bad block on the way into a mode',
      changes: platform('enter: configure', "enter: 'configure {{upper change}}'"),
      at: 'upper',
      says: 'template: no helper upper; there are vlans, vlan_chunks, join, eq',
    },
  ]);

  it('reads an inverted condition as one', () => {
    expect(complaintsOf(inBlock('{{^if port}}x{{/if}}'))).toEqual([]);
  });
});

describe('template files', () => {
  const uses = (file: string) => attach(LIBRARY_LINES, `template: ${file}`);
  const wrong = { ...uses('acme/vlan.hbs'), 'templates/acme/vlan.hbs': 'interface {{port}}\n  {{#if port}}\n  vlan {{vln}}\n  {{/if}}\n' };
  const broken = { ...uses('acme/vlan.hbs'), 'templates/acme/vlan.hbs': 'interface {{port}}\n{{#if port}}\n{{/each}}\n' };

  complains([
    { what: 'one that is missing', changes: uses('acme/vlan.hbs'), at: 'template:', says: 'there is no templates/acme/vlan.hbs' },
    {
      what: 'one outside templates/',
      changes: uses('../secrets.hbs'),
      at: 'template:',
      says: 'template: ../secrets.hbs leads out of templates/',
    },
    {
      what: 'one that comes back after leading out',
      changes: uses('acme/../../a.hbs'),
      at: 'template:',
      says: 'template: acme/../../a.hbs leads out of templates/',
    },
    {
      what: 'a name nobody sets in one',
      changes: wrong,
      file: 'templates/acme/vlan.hbs',
      at: 'vln',
      says: '{{vln}} is set by nobody',
    },
    {
      what: 'bad syntax in one',
      changes: broken,
      file: 'templates/acme/vlan.hbs',
      at: '{{#if port}}',
      says: "template: if doesn't match each",
    },
  ]);

  it('complains once about a file that two playbooks use', () => {
    const changes = { ...wrong, ...altered(DETACH_FILE, 'commands: close {{port}}', 'template: acme/vlan.hbs') };
    expect(complaintsOf(changes)).toEqual(['templates/acme/vlan.hbs:3: {{vln}} is set by nobody']);
    expect(complaintsOf({ ...changes, 'templates/acme/vlan.hbs': 'x {{upper port}}' })).toEqual([
      'templates/acme/vlan.hbs:1: template: no helper upper; there are vlans, vlan_chunks, join, eq',
    ]);
  });

  it('may have dots in its name', () => {
    expect(complaintsOf({ ...uses('acme/v1..v2.hbs'), 'templates/acme/v1..v2.hbs': 'vlan {{native_vlan}}' })).toEqual([]);
  });
});

describe('all at once', () => {
  const changes = {
    ...altered(PLATFORM_FILE, '2-4094', '1-4094'),
    [ATTACH_FILE]: (GOOD[ATTACH_FILE] ?? '')
      .replace('        vlan {{native_vlan}}', '        vlan {{colour}}')
      .replace('expect: vlan', 'expect: (vlan'),
    [DETACH_FILE]: (GOOD[DETACH_FILE] ?? '').replace('commands: close', 'commnds: close').replace('expect: closed', 'expect: 5'),
    [INVENTORY_FILE]: 'devices:\n  sw1: { address: 192.0.2.1, groups: [leef] }\n  sw2: { adress: 192.0.2.2 }\n',
    'inventory/more.yml':
      'groups:\n  leaf: {}\ndevices:\n  sw3: { address: 192.0.2.3, groups: [leef], platform: acne, credentials: lab }\n',
  };

  it('shows every complaint of every file, in order of place', () => {
    expect(complaintsOf(changes)).toEqual([
      'inventory/lab.yml:3: devices.sw2.address is missing (IPv4, IPv6 or host name)',
      'inventory/lab.yml:3: unknown key adress; did you mean address?',
      'inventory/more.yml:4: no group leef; did you mean leaf?',
      'inventory/more.yml:4: no platform acne; did you mean acme?',
      'playbooks/acme/attach_port.yml:7: {{colour}} is set by nobody',
      'playbooks/acme/attach_port.yml:11: Invalid regular expression: /(vlan x/m: Unterminated group',
      'playbooks/acme/detach_port.yml:4: unknown key commnds; did you mean commands?',
      'playbooks/acme/detach_port.yml:8: verify.0.expect: must be a pattern, { text, means }, { vlans, are | hold, … } or a list of these',
      'playbooks/acme/platform.yml:10: vlans.ids: VLAN 1 is nobody’s to attach',
    ]);
  });

  it('refuses to load, and its error has a line for each', () => {
    using library = new LibraryOnDisk(changes);
    let thrown: unknown;
    try {
      library.load();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(LibraryError);
    expect((thrown as LibraryError).message.split('\n').toSorted()).toEqual(library.complaints().toSorted());
  });
});

it('keeps the lines of what an alias repeats: a complaint leads to where it was written', () => {
  const changes = attach(
    'verify:\n  - name: The port has its VLAN\n    commands: show {{port}}\n    expect: vlan {{native_vlan}}\nrescue: detach_port',
    [
      'require:',
      '  - &seen',
      '    name: The port is there',
      '    commands: |',
      '      show {{port}}',
      '      show {{colour}}',
      '    expect: vlan',
      'verify:',
      '  - *seen',
      'rescue: detach_port',
    ].join('\n'),
  );
  expect(complaintsOf(changes)).toEqual([`${lineWith(changes, ATTACH_FILE, 'colour')}: {{colour}} is set by nobody`]);
});
