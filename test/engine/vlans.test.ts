import { describe, expect, it } from 'vitest';
import { readRanges, span, toPairs, toRanges, toSet } from '../../server/vlans.ts';
import fc from '../chance.ts';

const ids = fc.array(fc.integer({ min: 1, max: 4094 }), { maxLength: 200 });
const dense = fc.array(fc.integer({ min: 95, max: 125 }), { maxLength: 40 });
const any = fc.oneof(ids, dense);

describe('a list of VLANs', () => {
  it.each([
    ['100,200-202', [100, 200, 201, 202]],
    ['10 20-22', [10, 20, 21, 22]],
    ['10, 20, 21', [10, 20, 21]],
    ['[10, 20]', [10, 20]],
    ['[ 10 20-21 ]', [10, 20, 21]],
    ['{10, 20}', [10, 20]],
    ['"10,20"', [10, 20]],
    ['20,10,10-11', [10, 11, 20]],
    ['10,20,', [10, 20]],
    [' , 10', [10]],
    ['10,20-\n30', undefined],
    ['10,\n20', [10, 20]],
    ['1-4094', span(1, 4094)],
    ['ALL', span(1, 4094)],
    ['all', span(1, 4094)],
    ['none', []],
    ['None', []],
    ['', []],
    ['[]', []],
    ['  ', []],
    ['7-7', [7]],
    ['007', [7]],
    ['4095', [4095]],
    ['9-3', undefined],
    ['4096', undefined],
    ['10000', undefined],
    ['10-4096', undefined],
    ['-5', undefined],
    ['10-', undefined],
    ['1.5', undefined],
    ['ten', undefined],
    ['10,all', undefined],
    ['10;20', undefined],
    ['vlan10', undefined],
    ['１０', undefined],
  ])('%j is %j', (text, wanted) => {
    expect(readRanges(text)).toEqual(wanted);
  });

  it('comes back from its own shortest text, sorted and without duplicates', () => {
    fc.assert(
      fc.property(any, fc.constantFrom(',', ' ', ', ', ',\n'), (list, separator) => {
        expect(readRanges(toRanges(list, separator))).toEqual(toSet(list));
      }),
    );
  });

  it('has as its shortest text one that no two neighbours could shorten', () => {
    fc.assert(
      fc.property(any, list => {
        const pairs = toPairs(list);
        for (const [i, [first, last]] of pairs.entries()) {
          expect(first).toBeLessThanOrEqual(last);
          expect(first).toBeGreaterThan((pairs[i - 1]?.[1] ?? -1) + 1);
        }
        expect(pairs.flatMap(([first, last]) => span(first, last))).toEqual(toSet(list));
      }),
    );
  });

  it('is the same whatever the order and the brackets', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4094 }), { minLength: 1, maxLength: 50 }), list => {
        const backwards = list.toReversed();
        for (const text of [backwards.join(','), backwards.join(' '), `[${backwards.join(', ')}]`, `"${backwards.join(',')}",`]) {
          expect(readRanges(text)).toEqual(toSet(list));
        }
      }),
    );
  });

  it('is never more than there are VLANs, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', '4', '0', '9', '-', ',', ' ', '[', ']', 'a', 'l') })),
        text => {
          const read = readRanges(text) ?? [];
          expect(read).toEqual(toSet(read));
          for (const id of read) expect(Number.isInteger(id) && id >= 0 && id <= 4095).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
