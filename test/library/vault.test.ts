import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isVaulted, openVault } from '../../server/library/vault.ts';
import fc from '../chance.ts';
import { ensurePackages } from '../debian.ts';
import { outcomeOf, run } from '../real/run.ts';
import { padded, seal } from './sealed.ts';

/** Made by ansible-vault of ansible-core 2.14, with the password `correct horse`. */
const TEXT = `$ANSIBLE_VAULT;1.1;AES256
63626637643838373861353138653532396230386430316137333562373134653661313037393830
3164633439613537633031323533346564623661626366380a333236333336343733653838343631
34613139353362616335373230663961396135663133633464303937653138306261383164643535
3435343330363232300a346631323536373439316338383336623730393638646639323338396335
35326639353664386263346131306534643136306233306231313033643437616235
`;
const LABELLED = `$ANSIBLE_VAULT;1.2;AES256;prod
64356131666562643431336131646462313161663362623865393662323839666665346632396336
3239366563353962386563313233353166363738636434370a636132353633306530316435373230
66326339313838376131653536313263363363653666313662313131623064663435656461623535
3737386135663363360a363263316365396133333566356438353264646338343862363834313431
3130
`;
const PASSWORD = 'correct horse';

describe('what ansible-vault has encrypted', () => {
  it('is opened with the password, with a vault id and without', () => {
    expect(openVault(TEXT, PASSWORD)).toBe('sw!tch-s3cret "ünïcode" ');
    expect(openVault(LABELLED, PASSWORD)).toBe('with a label');
  });

  it('is opened whatever a mail or an editor made of its lines', () => {
    expect(openVault(TEXT.replaceAll('\n', '\r\n'), PASSWORD)).toBe(openVault(TEXT, PASSWORD));
    expect(openVault(TEXT.trim().replaceAll('\n', '\n    '), PASSWORD)).toBe(openVault(TEXT, PASSWORD));
    expect(
      openVault(
        TEXT.replace(/[a-f\d]{80}\n/g, line => line.trim().toUpperCase()),
        PASSWORD,
      ),
    ).toBe(openVault(TEXT, PASSWORD));
  });

  it.each([
    ['the wrong password', TEXT, 'correct horsf', 'is not opened by the vault password'],
    ['the wrong password for a vault id', LABELLED, '', 'is not opened by the vault password (it was made for the vault id prod)'],
    ['one letter that differs', TEXT.replace(/(?<=\n.{20})3/, '4'), PASSWORD, 'is not opened by the vault password'],
    [
      'an old version',
      TEXT.replace('1.1;AES256', '1.0;AES'),
      PASSWORD,
      'is of version 1.0 with AES; those that can be read are 1.1 and 1.2 with AES256',
    ],
    ['half of it', TEXT.slice(0, 200), PASSWORD, 'is damaged: what follows the header is not what ansible-vault writes'],
    ['the header alone', TEXT.split('\n')[0] ?? '', PASSWORD, 'is damaged: what follows the header is not what ansible-vault writes'],
    [
      'letters that are no digits',
      TEXT.replace(/\n3/, '\nx'),
      PASSWORD,
      'is damaged: what follows the header is not what ansible-vault writes',
    ],
    ['a plain text', 'secret', PASSWORD, 'is not what ansible-vault writes: it begins with no $ANSIBLE_VAULT;…'],
  ])('is refused for %s', (_what, text, password, why) => {
    expect(() => openVault(text, password)).toThrow(new Error(why));
  });

  it('is refused where what is inside was not padded as ansible-vault pads', () => {
    for (const plain of [Buffer.from('no padding at all'), Buffer.from([97, 0]), Buffer.from([3, 2])])
      expect(() => openVault(seal(plain, PASSWORD), PASSWORD)).toThrow('is damaged');
  });

  it('is told from what was not', () => {
    expect([TEXT, LABELLED].every(isVaulted)).toBe(true);
    expect(['', 'secret', ' $ANSIBLE_VAULT'].some(isVaulted)).toBe(false);
  });

  it('never becomes anything but the text or an error, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.nat(400), (noise, at) => {
        const text = TEXT.slice(0, at) + noise + TEXT.slice(at);
        try {
          expect(openVault(text, PASSWORD)).toBe(openVault(TEXT, PASSWORD));
        } catch (thrown) {
          expect((thrown as Error).message).toMatch(/^is (?:not|of|damaged)/);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const readiness = ensurePackages(['ansible-core']);
if (!readiness.ready && process.env.CI === 'true') throw new Error(`no ansible-vault to test with: ${readiness.why}`);
if (!readiness.ready) console.error(`\n!!! LEFT OUT: ansible-vault itself: ${readiness.why}\n`);

describe.skipIf(!readiness.ready)(readiness.ready ? 'ansible-vault itself' : `ansible-vault itself (left out: ${readiness.why})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-vault-'));
  const password = join(folder, 'password');
  writeFileSync(password, 'from a file: ünï\n');
  // Ansible wants a locale that can write anything.
  const env = { HOME: folder, LC_ALL: 'C.UTF-8' };
  const vault = (...args: string[]) => run('ansible-vault', args, env);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has its texts and files opened', async () => {
    const printed = await vault('encrypt_string', '--vault-id', `dev@${password}`, 'p4ss: w0rd # {{ x }}', '--name', 'password');
    expect(openVault(printed.replace(/^.*\n/, '').replace(/^ +/gm, ''), 'from a file: ünï')).toBe('p4ss: w0rd # {{ x }}');
    const file = join(folder, 'file.yml');
    const text = `${'lab: { username: m }\n'.repeat(500)}`;
    writeFileSync(file, text);
    await vault('encrypt', '--vault-password-file', password, file);
    expect(openVault(readFileSync(file, 'utf8'), 'from a file: ünï')).toBe(text);
  });

  it('opens what the tests here make as it does', async () => {
    const file = join(folder, 'ours.yml');
    writeFileSync(file, seal(padded('ours'), 'from a file: ünï'));
    expect(await vault('view', '--vault-password-file', password, file)).toBe('ours');
    expect(openVault(readFileSync(file, 'utf8'), 'from a file: ünï')).toBe('ours');
    expect((await outcomeOf('ansible-vault', ['view', '--vault-password-file', file, file], env)).status).not.toBe(0);
  });
});
