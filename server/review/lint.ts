import { findingsIn } from '../engine/lint/lint.ts';
import type { Complaint } from '../library/complaints.ts';
import type { Library } from '../library/library.ts';
import { changedFiles, type Side } from './side.ts';

/** What lint says that it did not say before, and what it says no more. Platforms that nothing changed for are not looked at again. */
export function changedComplaints(before: Side, after: Side): { fresh: Complaint[]; gone: Complaint[] } {
  if (changedFiles(before, after).length === 0) return { fresh: [], gone: [] };
  const names = [...new Set([...before.library.platforms.keys(), ...after.library.platforms.keys()])];
  const touched = new Set(
    names.filter(name => before.library.platforms.get(name) !== after.library.platforms.get(name) || isVaried(name, before, after)),
  );
  const [old, now] = [complaintsOf(before, touched), complaintsOf(after, touched)];
  return { fresh: only(now, old), gone: only(old, now) };
}

/** Whether its devices have other vars: lint plans with each set of them. */
function isVaried(platform: string, ...sides: readonly [Side, Side]): boolean {
  const [old, now] = sides.map(({ library }) =>
    [...library.devices.values()].flatMap(device => (device.platform === platform ? [JSON.stringify(device.vars)] : [])).toSorted(),
  );
  return JSON.stringify(old) !== JSON.stringify(now);
}

function complaintsOf({ library, complaints, sources }: Side, touched: ReadonlySet<string>): Complaint[] {
  const part: Library = { ...library, platforms: new Map([...library.platforms].filter(([name]) => touched.has(name))) };
  const findings = findingsIn(part, sources(), complaints.length === 0);
  return [...complaints, ...findings.map(({ place, message, rule }) => ({ place, message: `${message} [${rule}]` }))];
}

/** Complaints of one side that the other has not, wherever in the file they stand: an edit above moves all of them. */
function only(complaints: readonly Complaint[], others: readonly Complaint[]): Complaint[] {
  const keyOf = ({ place, message }: Complaint) => `${place.file}\0${message}`;
  const known = new Map<string, number>();
  for (const complaint of others) known.set(keyOf(complaint), (known.get(keyOf(complaint)) ?? 0) + 1);
  return complaints.filter(complaint => {
    const left = known.get(keyOf(complaint)) ?? 0;
    known.set(keyOf(complaint), left - 1);
    return left <= 0;
  });
}
