import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../server/engine/job.ts';
import type { Turn } from '../../server/engine/queue.ts';
import { Queue } from '../../server/engine/queue.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { Mercury, portOf } from '../harness.ts';
import { Policed, toldBy } from './policed.ts';
import { IRONIC, type RpcReply, stateOf } from './wire.ts';

/* The network team's policy, from a caller's password to the switch: what it refuses never reaches a device. */

const CALLERS = ['ironic', 'neutron', 'bob'];
/** Line 4 is Ironic's own rule. */
const POLICY = `protected: { vlans: 900-999, ports: { leaf: [Ethernet20] } }
rules:
  - { callers: [bob], deny: bob has left }
  - { callers: [ironic], devices: [leaf], ports: [Ethernet1-12, Port-Channel*], vlans: '100-199,300', network_types: [vlan], allow: true }
  - { callers: [ironic], methods: [add_network, delete_network], vlans: 100-199, allow: true }
  - { callers: [neutron], methods: [is_port_supported, detach_port], allow: true }
`;

let mercury: Mercury;
let policed: Policed;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf1: 'arista_eos', spine1: 'arista_eos', dark: 'cisco_ios' } });
  await mercury.device('dark').close();
  for (const vlan of [100, 101, 300]) await mercury.onNetwork('add_network', 'leaf1', vlan, `net-${vlan}`);
  policed = await Policed.start(mercury, {
    policy: POLICY,
    callers: CALLERS,
    edit: inventory => {
      inventory.groups = { leaf: {} };
      for (const name of ['leaf1', 'dark']) inventory.devices[name] = { ...inventory.devices[name], groups: ['leaf'] };
    },
  });
});
afterAll(async () => {
  await policed[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});
afterEach(() => policed.freeze(null));

const ask = (caller: string, method: string, params: object) => policed.call(caller, method, params);
const onPort = (port: string, more: object = {}, device = 'leaf1') => ({ port: portOf(device, port), ...more });
const all = () => ['leaf1', 'spine1'].map(name => stateOf(mercury.device(name)));

describe('what the policy allows', () => {
  it('is carried out, and the audit names the rule', async () => {
    expect(toldBy(await ask('ironic', 'attach_port', onPort('Ethernet1', { native_vlan: 100 })))).toBe('applied');
    expect(policed.audit.at(-1)).toMatchObject({
      event: 'change',
      who: { name: 'ironic', scheme: 'basic' },
      how: { outcome: 'applied', rule: 'policy.yml:4' },
    });
    expect(toldBy(await ask('neutron', 'detach_port', onPort('Et1')))).toBe('applied');
    expect(policed.audit.at(-1)).toMatchObject({ how: { rule: 'policy.yml:6' } });
    expect(toldBy(await ask('ironic', 'add_network', { network: { segmentation_id: 150, name: 'x' }, devices: ['leaf1', 'spine1'] }))).toBe(
      'applied',
    );
    expect(policed.audit.slice(-2).map(({ how }) => how.rule)).toEqual(['policy.yml:5', 'policy.yml:5']);
  });

  it('is planned', async () => {
    expect(toldBy(await ask('ironic', 'attach_port', onPort('Ethernet2', { native_vlan: 100, dry_run: true })))).toBe('planned');
    expect(policed.audit.at(-1)).toMatchObject({ event: 'plan', how: { rule: 'policy.yml:4' } });
  });
});

/** Caller, method, params, and the sentence that refuses. */
const REFUSED: readonly [string, string, object, string][] = [
  ['ironic', 'attach_port', onPort('Ethernet7', { native_vlan: 666 }), 'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)'],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet7', { network: { segmentation_id: 666 } }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet7', { native_vlan: 100, network: { segmentation_id: 666 } }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet7', { mode: 'trunk', allowed_vlans: [101, 666] }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet7', { native_vlan: 100, default_vlan: 666 }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  ['ironic', 'update_port', onPort('Ethernet7', { native_vlan: 666 }), 'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)'],
  [
    'ironic',
    'update_port',
    onPort('Ethernet7', { mode: 'trunk', native_vlan: 100, allowed_vlans: [666] }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  ['ironic', 'detach_port', onPort('Ethernet7', { default_vlan: 666 }), 'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)'],
  [
    'ironic',
    'detach_port',
    onPort('Ethernet7', { network: { segmentation_id: 666 } }),
    'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)',
  ],
  ['ironic', 'detach_port', onPort('Ethernet7', { native_vlan: 666 }), 'leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)'],
  ['ironic', 'attach_port', onPort('Po7', { native_vlan: 666 }), 'leaf1 Port-Channel7: VLAN 666 is not in 100-199,300 (policy.yml:4)'],
  ['ironic', 'add_network', { network: { segmentation_id: 300 }, devices: ['leaf1'] }, 'leaf1: VLAN 300 is not in 100-199 (policy.yml:5)'],
  [
    'ironic',
    'delete_network',
    { network: { segmentation_id: 300 }, devices: ['leaf1'] },
    'leaf1: VLAN 300 is not in 100-199 (policy.yml:5)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet13', { native_vlan: 100 }),
    'leaf1 Ethernet13: Ethernet13 is not among Ethernet1-12, Port-Channel* (policy.yml:4)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet1', { native_vlan: 100 }, 'spine1'),
    'spine1 Ethernet1: spine1 is not among leaf (policy.yml:4)',
  ],
  [
    'neutron',
    'attach_port',
    onPort('Ethernet1', { native_vlan: 100 }),
    'leaf1 Ethernet1: attach_port is not among is_port_supported, detach_port (policy.yml:6)',
  ],
  ['bob', 'attach_port', onPort('Ethernet1', { native_vlan: 100 }), 'leaf1 Ethernet1: denied: bob has left (policy.yml:3)'],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet20', { native_vlan: 100 }),
    'leaf1 Ethernet20 is protected: nobody may change it (policy.yml:1)',
  ],
  [
    'ironic',
    'attach_port',
    onPort('Ethernet1', { native_vlan: 950 }),
    'leaf1 Ethernet1: VLAN 950 is protected: nobody is granted 900-999 (policy.yml:1)',
  ],
];

const TITLED = REFUSED.map(
  ([caller, method, params, message], nth) => [`${nth + 1}: ${caller} ${method}: ${message}`, caller, method, params, message] as const,
);

describe('what the policy does not allow', () => {
  it.each(TITLED)('%s', async (_, caller, method, params, message) => {
    const before = all();
    for (const more of [{}, { dry_run: true }]) {
      const { error } = await ask(caller, method, { ...params, ...more });
      expect(error).toMatchObject({
        code: 400,
        message,
        data: { kind: 'not_permitted', outcome: 'refused', class: `${IRONIC}InvalidParameterValue` },
      });
    }
    expect(all()).toEqual(before);
    const [line] = /policy\.yml:\d+/.exec(message) ?? [];
    expect(policed.audit.slice(-2)).toMatchObject(
      [1, 2].map(() => ({ event: 'refusal', who: { name: caller }, how: { kind: 'not_permitted', error: message } })),
    );
    expect(policed.audit.at(-1)?.how.error).toContain(line);
  });

  it('is refused for all links when it is refused for one, before any is touched, and told once', async () => {
    const before = all();
    const links = [
      { switch_info: 'leaf1', port_id: 'Ethernet3' },
      { switch_info: 'spine1', port_id: 'Ethernet3' },
    ];
    const lines = policed.audit.length;
    const reply = await ask('ironic', 'attach_port', { port: { local_link_information: links }, native_vlan: 100 });
    expect(toldBy(reply)).toBe('400 not_permitted spine1 Ethernet3: spine1 is not among leaf (policy.yml:4)');
    expect(all()).toEqual(before);
    expect(policed.audit.length).toBe(lines + 1);
  });

  it('is taken back all the same where a later link fails: that only closes', async () => {
    policed.reload(`rules: [{ methods: [attach_port], allow: true }]`);
    const before = mercury.device('leaf1').device.running();
    const links = [
      { switch_info: 'leaf1', port_id: 'Ethernet4' },
      { switch_info: 'dark', port_id: 'Gi1/0/1' },
    ];
    const { error } = await ask('ironic', 'attach_port', { port: { local_link_information: links }, native_vlan: 100 });
    policed.reload(POLICY);
    expect(error).toMatchObject({ data: { kind: 'unreachable', outcome: 'rescued' } });
    expect(mercury.device('leaf1').device.running()).toBe(before);
    const back = policed.audit.find(({ what }) => String(what.request).endsWith('-back'));
    expect(back).toMatchObject({ what: { method: 'detach_port' }, how: { outcome: 'applied' } });
    expect(back?.how.rule).toBeUndefined();
  });
});

describe('the questions', () => {
  const valid = async (caller: string, method: string, params: object) => (await ask(caller, method, { ...params, explain: true })).result;
  const NO = { valid: false, reasons: ['leaf1 Ethernet7: VLAN 666 is not in 100-199,300 (policy.yml:4)'] };
  const YES = { valid: true, reasons: [] };

  it('is_link_valid and is_port_supported answer no, with the reason', async () => {
    for (const method of ['is_link_valid', 'is_port_supported']) {
      for (const more of [
        { native_vlan: 666 },
        { mode: 'trunk', native_vlan: 100, allowed_vlans: [666] },
        { network: { segmentation_id: 666 } },
      ])
        expect(await valid('ironic', method, onPort('Ethernet7', more))).toEqual(NO);
      expect(await valid('ironic', method, onPort('Ethernet7', { native_vlan: 100 }))).toEqual(YES);
      expect(await valid('bob', method, onPort('Ethernet7'))).toEqual({
        valid: false,
        reasons: ['leaf1 Ethernet7: denied: bob has left (policy.yml:3)'],
      });
    }
    expect((await ask('ironic', 'is_link_valid', onPort('Ethernet7', { native_vlan: 666 }))).result).toBe(false);
  });

  it('ask no device whose port is somebody else’s', async () => {
    const before = all();
    expect(await valid('ironic', 'is_port_supported', onPort('Ethernet1', {}, 'spine1'))).toMatchObject({ valid: false });
    expect(await valid('ironic', 'is_port_supported', onPort('Ethernet20'))).toMatchObject({ valid: false });
    expect(all()).toEqual(before);
  });

  it('are answered during a freeze as ever: nothing is changed by them', async () => {
    policed.freeze('all: firmware\n');
    for (const method of ['is_link_valid', 'is_port_supported']) {
      expect(await valid('ironic', method, onPort('Ethernet7', { native_vlan: 100 }))).toEqual(YES);
      expect(await valid('ironic', method, onPort('Ethernet7', { native_vlan: 666 }))).toEqual(NO);
    }
  });
});

/** Members that are not as usual. */
const differences = (params: object, usual: Readonly<Record<string, unknown>>) =>
  Object.entries(params)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]))
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ');

describe('Ironic’s own calls', () => {
  const port = { switch_id: 'leaf1', port_name: 'Ethernet7', 'rpc.version': '1.0', context: {} };
  const update = { ...port, description: 'x', mode: 'access', native_vlan: 100, allowed_vlans: null, default_vlan: null, lag_name: null };
  const lag = { switch_ids: ['leaf1'], lag_name: 'Port-Channel7', 'rpc.version': '1.0', context: {} };
  const updateLag = {
    ...lag,
    description: 'x',
    mode: 'access',
    native_vlan: 100,
    aggregation_mode: 'lacp',
    allowed_vlans: null,
    default_vlan: null,
  };
  const NOT_666 = /^leaf1 (?:Ethernet7|Port-Channel7): VLAN 666 is not in 100-199,300 \(policy\.yml:4\)$/;

  const asked: readonly [string, object, RegExp][] = [
    ['update_port', { ...update, native_vlan: 666 }, NOT_666],
    ['update_port', { ...update, mode: 'trunk', allowed_vlans: [100, 666] }, NOT_666],
    ['update_port', { ...update, mode: 'hybrid', allowed_vlans: [666] }, NOT_666],
    // An access port has no use for the list, and nobody names a VLAN that is not allowed.
    ['update_port', { ...update, allowed_vlans: [666] }, NOT_666],
    ['update_port', { ...update, default_vlan: 666 }, NOT_666],
    ['update_port', { ...update, lag_name: 'Port-Channel7', native_vlan: 666 }, NOT_666],
    ['update_port', { ...update, lag_name: 'Port-Channel7', allowed_vlans: [666] }, NOT_666],
    ['reset_port', { ...port, native_vlan: 666, allowed_vlans: null, default_vlan: null }, NOT_666],
    ['reset_port', { ...port, native_vlan: null, allowed_vlans: [100, 666], default_vlan: null }, NOT_666],
    ['reset_port', { ...port, native_vlan: null, allowed_vlans: null, default_vlan: 666 }, NOT_666],
    ['update_lag', { ...updateLag, native_vlan: 666 }, NOT_666],
    ['update_lag', { ...updateLag, mode: 'trunk', allowed_vlans: [666] }, NOT_666],
    ['update_lag', { ...updateLag, allowed_vlans: [666] }, NOT_666],
    ['update_lag', { ...updateLag, default_vlan: 666 }, NOT_666],
    ['delete_lag', { ...lag, switch_ids: ['spine1'] }, /^spine1 Port-Channel7: spine1 is not among leaf/],
    ['update_port', { ...update, port_name: 'Ethernet20' }, /^leaf1 Ethernet20 is protected/],
    ['reset_port', { ...port, port_name: 'Ethernet13', native_vlan: null }, /^leaf1 Ethernet13: Ethernet13 is not among/],
  ];
  it.each(asked.map(one => [`${one[0]} with ${differences(one[1], { ...update, ...updateLag })}`, ...one] as const))(
    '%s is refused with the class that Ironic catches per port',
    async (_, method, params, message) => {
      const before = all();
      const { error } = await ask('ironic', method, params);
      expect(error).toMatchObject({ code: 400, data: { kind: 'not_permitted', class: `${IRONIC}InvalidParameterValue` } });
      expect(error?.message).toMatch(message);
      expect(all()).toEqual(before);
      expect(policed.audit.at(-1)).toMatchObject({ event: 'refusal', how: { error: error?.message } });
    },
  );

  it('are carried out when they are allowed', async () => {
    expect(toldBy(await ask('ironic', 'update_port', update))).toBe('applied');
    expect(toldBy(await ask('ironic', 'reset_port', { ...port, native_vlan: 100, allowed_vlans: [101], default_vlan: null }))).toBe(
      'applied',
    );
    expect(Object.keys((await ask('bob', 'get_switches', {})).result as object).sort()).toEqual(['dark', 'leaf1', 'spine1']);
  });

  it('are told during a freeze to come again, with the class that Ironic catches per port', async () => {
    policed.freeze('leaf: new optics until 18:00; ask the NOC\n');
    const { error } = await ask('ironic', 'update_port', update);
    expect(error).toMatchObject({
      code: 503,
      message: 'leaf1 is frozen: new optics until 18:00; ask the NOC (freeze.yml:1); nothing was changed, try again later',
      data: { kind: 'frozen', outcome: 'refused', class: `${IRONIC}NetworkError` },
    });
  });
});

describe('without rules', () => {
  afterAll(() => policed.reload(POLICY));

  it.each([
    ['an empty file', ''],
    ['an empty list', 'rules: []\n'],
    ['empty lists', 'rules: [{ callers: [], allow: true }, { vlans: "", allow: true }]\n'],
  ])('%s refuses everybody everything', async (_, policy) => {
    policed.reload(policy);
    const before = all();
    for (const caller of CALLERS) {
      const asked: [string, object][] = [
        ['attach_port', onPort('Ethernet1', { native_vlan: 100 })],
        ['detach_port', onPort('Ethernet1')],
        ['add_network', { network: { segmentation_id: 100 }, devices: ['leaf1'] }],
        ['attach_port', onPort('Ethernet1', { native_vlan: 100, dry_run: true })],
      ];
      for (const [method, params] of asked) expect(toldBy(await ask(caller, method, params))).toMatch(/^400 not_permitted /);
      expect((await ask(caller, 'is_port_supported', onPort('Ethernet1'))).result).toBe(false);
    }
    expect(all()).toEqual(before);
  });

  it('a policy that is wrong is not taken: the last good one stays in use', async () => {
    policed.reload(POLICY);
    expect(() => policed.reload('rules: [{ callers: [ironic], alow: true }]')).toThrow(LibraryError);
    expect(toldBy(await ask('ironic', 'attach_port', onPort('Ethernet1', { native_vlan: 666 })))).toContain(
      'VLAN 666 is not in 100-199,300',
    );
  });
});

describe('a freeze', () => {
  const attach = (more: object = {}, device = 'leaf1') =>
    ask('ironic', 'attach_port', onPort('Ethernet5', { native_vlan: 100, ...more }, device));
  beforeEach(() => ask('neutron', 'detach_port', onPort('Ethernet5')));

  it('holds from the next call on, dry runs too, and ends with the file', async () => {
    const before = all();
    policed.freeze('leaf1: new optics\n');
    for (const more of [{}, { dry_run: true }]) {
      expect(toldBy(await attach(more))).toBe(
        '503 frozen leaf1 is frozen: new optics (freeze.yml:1); nothing was changed, try again later',
      );
      expect(policed.audit.at(-1)).toMatchObject({ event: 'refusal', how: { kind: 'frozen', rule: 'freeze.yml:1' } });
    }
    expect(toldBy(await ask('neutron', 'detach_port', onPort('Ethernet5')))).toMatch(/^503 frozen/);
    expect(all()).toEqual(before);
    expect(toldBy(await ask('ironic', 'add_network', { network: { segmentation_id: 160 }, devices: ['spine1'] }))).toBe('applied');
    policed.freeze(null);
    expect(toldBy(await attach())).toBe('applied');
  });

  it('comes before the policy, which decides again when it is over', async () => {
    policed.freeze('all: firmware\n');
    expect(toldBy(await attach({ native_vlan: 666 }))).toMatch(/^503 frozen/);
    policed.freeze(null);
    expect(toldBy(await attach({ native_vlan: 666 }))).toMatch(/^400 not_permitted/);
  });

  it('leaves alone who does the work', async () => {
    policed.freeze('all: { reason: firmware, except: [ironic] }\n');
    expect(toldBy(await attach())).toBe('applied');
    expect(toldBy(await ask('neutron', 'detach_port', onPort('Ethernet5')))).toMatch(/^503 frozen/);
  });

  it('stops what waits for its turn, and nobody logs in', async () => {
    const queue = new Slow();
    await using slow = await Policed.start(mercury, { callers: ['ironic'], world: real => ({ ...real, queue }) });
    const logins = mercury.device('leaf1').logins;
    const told = slow.call('ironic', 'attach_port', onPort('Ethernet6', { native_vlan: 100 }));
    await queue.waiting;
    slow.freeze('all: stop\n');
    queue.go();
    expect(toldBy(await told)).toMatch(/^503 frozen leaf1 is frozen: stop/);
    expect(mercury.device('leaf1').logins).toBe(logins);
    expect(slow.audit.at(-1)).toMatchObject({ event: 'refusal', how: { outcome: 'refused', rule: 'freeze.yml:1' } });
  });
});

/** A queue whose first turn comes when it is told to. */
class Slow extends Queue<Job> {
  readonly waiting: Promise<void>;
  go = (): void => {};
  #heard = (): void => {};

  constructor() {
    super();
    this.waiting = new Promise(resolve => {
      this.#heard = resolve;
    });
  }

  override async join(device: string, deadline: number, job: Job): Promise<Turn<Job> | undefined> {
    const turn = await super.join(device, deadline, job);
    await new Promise<void>(resolve => {
      this.go = resolve;
      this.#heard();
    });
    return turn;
  }
}

it('is no matter for a service without a policy: everybody may do everything, and the audit names no rule', async () => {
  await using open = await Policed.start(mercury, { callers: ['bob'] });
  const reply: RpcReply = await open.call('bob', 'attach_port', onPort('Ethernet8', { native_vlan: 300 }));
  expect(toldBy(reply)).toBe('applied');
  expect(open.audit.at(-1)?.how).not.toHaveProperty('rule');
});
