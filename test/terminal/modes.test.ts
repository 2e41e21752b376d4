import { describe, expect, it } from 'vitest';
import { modeOf, readPrefix, wayTo } from '../../server/terminal/modes.ts';
import fc from '../chance.ts';
import { dialectOf, IOS_LIKE, mode } from './device.ts';

const way = (from: string, to: string) => wayTo(from, to, IOS_LIKE.modes).map(({ how, mode }) => `${how} ${mode.name}`);

describe('the way from mode to mode', () => {
  it.each([
    ['exec', 'exec', []],
    ['exec', 'config', ['enter privileged', 'enter config']],
    ['config', 'exec', ['leave config', 'leave privileged']],
    ['config', 'privileged', ['leave config']],
    ['privileged', 'config', ['enter config']],
    ['nowhere', 'privileged', ['enter exec', 'enter privileged']],
    ['privileged', 'nowhere', ['leave privileged', 'leave exec']],
  ])('%s → %s', (from, to, moves) => {
    expect(way(from, to)).toEqual(moves);
  });

  it('goes up to the nearest common ancestor and no further', () => {
    const tree = dialectOf([
      mode('root', /x/),
      mode('a', /x/, { parent: 'root' }),
      mode('b', /x/, { parent: 'a' }),
      mode('c', /x/, { parent: 'a' }),
    ]).modes;
    expect(wayTo('b', 'c', tree).map(({ how, mode }) => `${how} ${mode.name}`)).toEqual(['leave b', 'enter c']);
  });

  it('ends where it should in every tree, and never takes a step twice', () => {
    const tree = fc
      .array(fc.nat(), { minLength: 1, maxLength: 12 })
      .map(parents => dialectOf(parents.map((parent, i) => mode(`m${i}`, /x/, i === 0 ? {} : { parent: `m${parent % i}` }))).modes);
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), (modes, from, to) => {
        const names = [...modes.keys()];
        const start = names[from % names.length] ?? '';
        const goal = names[to % names.length] ?? '';
        let here: string | undefined = start;
        const seen = new Set<string>();
        for (const { how, mode: node } of wayTo(start, goal, modes)) {
          expect(seen.has(node.name)).toBe(false);
          seen.add(node.name);
          expect(how === 'leave' ? node.name : node.parent).toBe(here);
          here = how === 'leave' ? node.parent : node.name;
        }
        expect(here).toBe(goal);
      }),
    );
  });

  it('ends at all where modes are each other’s parent', () => {
    const ring = dialectOf([mode('a', /x/, { parent: 'b' }), mode('b', /x/, { parent: 'a' })]).modes;
    expect(wayTo('a', 'b', ring).length).toBeLessThanOrEqual(2);
  });
});

describe('the mode of a prompt', () => {
  it.each([
    ['sw1>', 'exec'],
    ['sw1# ', 'privileged'],
    ['sw1(config-if)#', 'config'],
    ['sw1', undefined],
    ['sw1# show', undefined],
    ['Password:', undefined],
    ['', undefined],
  ])('%j is %s', (line, name) => {
    expect(modeOf(line, IOS_LIKE.modes)).toBe(name);
  });

  it('is, of two that fit, the one where the session should be', () => {
    const twins = dialectOf([mode('a', /^x#$/), mode('b', /^x#$/)]).modes;
    expect([modeOf('x#', twins), modeOf('x#', twins, 'b'), modeOf('x#', twins, 'c')]).toEqual(['a', 'b', 'a']);
  });
});

it('has a prefix for a read of the parent mode only', () => {
  const { modes } = IOS_LIKE;
  expect([readPrefix('config', 'privileged', modes), readPrefix('config', 'exec', modes), readPrefix('config', 'config', modes)]).toEqual([
    'do',
    undefined,
    undefined,
  ]);
  expect(readPrefix('privileged', 'exec', modes)).toBeUndefined();
});
