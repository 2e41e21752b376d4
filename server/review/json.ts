import { at } from '../errors.ts';
import type { Complaint } from '../library/complaints.ts';
import type { Change, DiffRow } from './compare.ts';
import type { FactChange } from './facts.ts';
import { isSame, type Review } from './review.ts';
import type { Row } from './rows.ts';
import { headline } from './words.ts';

/** A review for machines: every plan that differs, whole, line by line. */
export function asJson(review: Review): object {
  const { base, files, changes, platforms, devices, rules, complaints, plans, notes } = review;
  return {
    base,
    same: isSame(review),
    headline: headline(review),
    plans,
    files,
    changes: changes.map(changeAsJson),
    platforms: platforms.map(({ name, title, facts, cells }) => ({ name, title, settings: facts.map(factAsJson), methods: cells })),
    devices: devices.map(({ facts, ...device }) => ({ ...device, settings: facts.map(factAsJson) })),
    rules: rules.map(({ effect, text, place }) => ({ effect, text, source: at(place) })),
    complaints: { new: complaints.fresh.map(complaintAsJson), gone: complaints.gone.map(complaintAsJson) },
    notes,
  };
}

function changeAsJson({ file, rows, ...change }: Change): object {
  return { ...change, playbook: file ?? null, diff: rows.map(rowAsJson) };
}

function rowAsJson({ before, after }: DiffRow): object {
  const { part, kind, mode, task, text } = (after ?? before) as Row;
  const source = (row: Row | undefined) => (row?.place ? at(row.place) : null);
  return {
    change: before && after ? 'same' : after ? 'new' : 'gone',
    part,
    [kind]: text,
    ...(mode === '' ? {} : { mode }),
    ...(task === '' ? {} : { task }),
    source: source(after ?? before),
    ...(before && after && source(before) !== source(after) ? { source_before: source(before) } : {}),
  };
}

const factAsJson = ({ name, before, after }: FactChange) => ({ name, before: before ?? null, after: after ?? null });
const complaintAsJson = ({ place, message }: Complaint) => ({ ...place, message });
