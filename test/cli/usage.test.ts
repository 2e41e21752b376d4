import { describe, expect, it } from 'vitest';
import { mercury } from './run.ts';

const SUBS = [
  'serve',
  'lint',
  'plan',
  'apply',
  'verify',
  'test',
  'record',
  'replay',
  'new',
  'call',
  'lab',
  'demo',
  'import',
  'review',
  'schema',
];

describe('mercury without a good command', () => {
  it('shows its help and ends with 2 when nothing is asked', async () => {
    const { status, out, err } = await mercury([]);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('Usage: mercury');
  });

  it('names the nearest sub-command', async () => {
    const { status, err } = await mercury(['aply']);
    expect(status).toBe(2);
    expect(err).toContain("unknown command 'aply'");
    expect(err).toContain('Did you mean apply?');
    expect(err).toContain('mercury --help');
  });

  it.each([
    [['plan', '--naitve', '100'], "unknown option '--naitve'", 'Did you mean --native?', 'mercury plan --help'],
    [['serve', 'now'], 'too many arguments', '', 'mercury serve --help'],
    [['lab', '--login', 'slow'], "'slow' is invalid", 'must be a whole number', 'mercury lab --help'],
    [['plan', '--mode', 'acess'], "'acess' is invalid", 'access, trunk, hybrid', 'mercury plan --help'],
    [['call'], "missing required argument 'method'", '', 'mercury call --help'],
  ])('refuses %j and says where help is', async (args, complaint, more, help) => {
    const { status, out, err } = await mercury(args);
    expect(status).toBe(2);
    expect(out).toBe('');
    for (const text of [complaint, more, help]) expect(err).toContain(text);
  });
});

describe('mercury --help', () => {
  it('lists the sub-commands and what the exit statuses mean, in 80 columns', async () => {
    const { status, out } = await mercury(['--help']);
    expect(status).toBe(0);
    for (const sub of SUBS) expect(out).toMatch(new RegExp(`^ {2}${sub} {2,}\\S`, 'm'));
    for (const exit of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) expect(out).toMatch(new RegExp(`^ {2,3}${exit} {2}\\S`, 'm'));
    expect(out.split('\n').filter(line => line.length > 80)).toEqual([]);
  });

  it.each(SUBS)('of %s gives an example and the options that all sub-commands take, in 80 columns', async sub => {
    const { status, out } = await mercury([sub, '--help']);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`Example:\\n {2}.*mercury ${sub}\\b`));
    expect(out).toContain('--json');
    expect(out.split('\n').filter(line => line.length > 80)).toEqual([]);
  });
});
