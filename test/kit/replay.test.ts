import { beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, saidOf } from '../../server/kit/recording.ts';
import { redactor } from '../../server/kit/redact.ts';
import { strayText } from '../../server/kit/replay.ts';
import { LAB_USER } from '../../server/lab/lab.ts';
import { randomPieces } from '../../server/lab/pieces.ts';
import { learnSecrets } from '../../server/log.ts';
import fc from '../chance.ts';
import { asRead, type Recorded, record, replay } from './sessions.ts';

const PORTS: Readonly<Record<string, string>> = {
  cisco_ios: 'Gi1/0/7',
  arista_eos: 'Ethernet7',
  juniper_junos: 'xe-0/0/7',
  dell_os10: 'ethernet1/1/7',
  openvswitch: 'pf0vf7',
};
const attach = (platform: string, more: object = { native_vlan: 100 }) => ({
  method: 'attach_port',
  params: { port: { local_link_information: [{ port_id: PORTS[platform] }] }, ...more },
});
/** Two hundred ways to cut one session; some for each of the others, and for one that was lost on the way. */
const SEEDS: Readonly<Record<string, number>> = { cisco_ios: 200 };
const FEW = 8;

beforeAll(() => learnSecrets([LAB_USER.password, LAB_USER.enable]));

describe.each(Object.keys(PORTS))('a session with %s', platform => {
  it('ends the same however it is cut into pieces', async () => {
    const { told, recording } = await record(platform, attach(platform));
    expect(told.outcome).toBe('applied');
    const seen = new Set<number>();
    for (let seed = 1; seed <= (SEEDS[platform] ?? FEW); seed += 1) {
      const played = await replay(recording, seed);
      expect({ seed, outcome: played.told.outcome, error: played.told.error }).toEqual({ seed, outcome: 'applied', error: undefined });
      expect(played.told.commands.map(({ sent }) => sent)).toEqual(told.commands.map(({ sent }) => sent));
      expect(played.strays).toEqual([]);
      seen.add(played.pieces);
    }
    // They were other pieces each time.
    if (platform !== 'openvswitch') expect(seen.size).toBeGreaterThan(5);
  });

  it('that was refused in the middle is taken back when it is played, too', async () => {
    const last = {
      cisco_ios: /^no shutdown$/,
      arista_eos: /^no shutdown$/,
      juniper_junos: /disable$/,
      dell_os10: /^no shutdown$/,
      openvswitch: /wait-until/,
    }[platform];
    const { told, recording } = await record(platform, attach(platform), [{ on: last ?? /^$/, does: 'refuse' }]);
    expect(told.outcome).toMatch(/^(?:undone|rescued)$/);
    for (let seed = 1; seed <= 3; seed += 1) {
      const played = await replay(recording, seed);
      expect({ outcome: played.told.outcome, error: played.told.error }).toEqual({ outcome: told.outcome, error: told.error });
    }
  });

  it('that was lost in the middle is lost again', async () => {
    const commit = {
      cisco_ios: /^switchport mode access$/,
      arista_eos: /^commit timer/,
      juniper_junos: /^commit confirmed/,
      dell_os10: /^commit$/,
      openvswitch: /add-port/,
    }[platform];
    const { told, recording } = await record(platform, attach(platform), [{ on: commit ?? /^$/, does: 'cut' }]);
    const played = await replay(recording, 7);
    expect({ outcome: played.told.outcome, error: played.told.error }).toEqual({ outcome: told.outcome, error: told.error });
    expect(played.strays).toEqual([]);
  });
});

describe('a recording', () => {
  let ios: Recorded;
  beforeAll(async () => {
    ios = await record('cisco_ios', attach('cisco_ios'));
  });

  it('refuses what was not recorded, and names the line of what was', async () => {
    const { told, strays } = await replay(ios.recording, 1, attach('cisco_ios', { native_vlan: 200 }));
    expect(told.outcome).toMatch(/^(?:rescued|unknown)$/);
    const [stray] = strays;
    expect(stray && strayText(stray)).toMatch(
      /^"switchport access vlan 200" is not what was recorded: that is "switchport access vlan 100" \(x\.yml:\d+\)$/,
    );
    const line = Number(/:(\d+)\)$/.exec(stray ? strayText(stray) : '')?.[1]);
    expect(ios.text.split('\n')[line - 1]).toContain('typed: switchport access vlan 100');
  });

  it('knows its own change by whatever name it has this time', async () => {
    const { text, told } = await record('arista_eos', attach('arista_eos'));
    expect(text).toContain('typed: configure session mercury-{{change}}\n');
    expect(text).not.toContain(told.change);
  });

  it('may be edited, and is refused with the line where it is no recording any more', () => {
    expect(asRead(ios.text.replace('switchport access vlan 100', 'switchport access vlan 300')).sessions).toHaveLength(1);
    expect(() => asRead(ios.text.replace('typed: enable', 'tiped: enable'))).toThrow(
      /^x\.yml:\d+: unknown key tiped; did you mean typed\?/,
    );
    expect(() => asRead(ios.text.replace(/sessions:[\s\S]*/, 'sessions: []\n'))).toThrow(/x\.yml:\d+: sessions: /);
  });

  it('holds what a device said to the letter', () => {
    const letters = fc.array(
      fc.constantFrom('\r\n', '\n', '\r', ' ', '\t', 'a', '#', ': ', '- ', '|', '"', "'", '\x1b[K', '\x08', '\x00', 'é', '{{change}}'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(letters, parts => {
        const bytes = parts.join('');
        expect(bytesOf(saidOf(bytes))).toBe(bytes);
      }),
    );
  });

  it('comes in pieces that are all of it, the same ones for a seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ maxLength: 3000 }), (seed, bytes) => {
        const pieces = randomPieces(seed)(Buffer.from(bytes));
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(bytes));
        expect(pieces.every(piece => piece.length > 0)).toBe(true);
        expect(randomPieces(seed)(Buffer.from(bytes))).toEqual(pieces);
      }),
    );
  });
});

describe('what is masked in a recording', () => {
  const SECRET = 'Sw0rdfish & 7 seas';
  const forms = () => {
    const bytes = Buffer.from(SECRET);
    return [
      SECRET,
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('hex'),
      encodeURIComponent(SECRET),
      JSON.stringify(SECRET).slice(1, -1),
    ];
  };

  it('is a secret in every form, wherever it was typed or said', async () => {
    learnSecrets([SECRET]);
    for (const form of forms()) {
      const said = attach('cisco_ios', { native_vlan: 100, description: `was ${form} once` });
      const { text, told } = await record('cisco_ios', said);
      expect(told.outcome).toBe('applied');
      for (const other of [...forms(), LAB_USER.enable, LAB_USER.password]) expect(text).not.toContain(other);
      expect(text).toContain('typed: description was ******** once');
    }
  });

  it.each([
    ['enable secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM', 'enable secret 9 ********'],
    ['username admin privilege 15 password 7 070C285F4D06485744', 'username admin privilege 15 password 7 ********'],
    ['username admin secret sha512 $6$abcdefgh$0123456789', 'username admin secret sha512 ********'],
    ['snmp-server community s3cret-ro ro', 'snmp-server community ******** ro'],
    ['set system root-authentication encrypted-password "$6$abc$def"', 'set system root-authentication encrypted-password "********"'],
    ['tacacs-server host 192.0.2.1 key 7 0822455D0A16', 'tacacs-server host 192.0.2.1 key 7 ********'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend', '********\nend'],
    ['Password: ', 'Password: '],
    ['switchport access vlan 100', 'switchport access vlan 100'],
    ['crypto key generate rsa', 'crypto key generate rsa'],
    ['service password-encryption', 'service password-encryption'],
  ])('is a secret of the device itself: %j', (said, shown) => {
    expect(redactor({})(said)).toBe(shown);
  });

  it('are serial numbers and the user, if asked, and what a pattern says', () => {
    const show = redactor({ anonymous: { username: 'netops' }, hide: [/rack-\d+/] });
    expect(show('System Serial Number : FOC1234X0AB\nProcessor board ID FOC1234X0AB\nnetops@sw-rack-17> netops2')).toBe(
      'System Serial Number : ********\nProcessor board ID ********\nuser@sw-********> netops2',
    );
    expect(redactor({})('System Serial Number : FOC1234X0AB')).toContain('FOC1234X0AB');
  });
});
