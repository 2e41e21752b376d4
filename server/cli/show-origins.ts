import type { Explanation, Origin } from '../engine/origins.ts';
import { at } from '../errors.ts';
import { columns, paint, say } from './paint.ts';

/** Each value that a plan is made of, and who says so: the call, the layer of the inventory, the playbook or the platform. */
export function showOrigins({ origins }: Explanation): void {
  if (origins.length === 0) return;
  say();
  say(paint('bold', 'Who said what'));
  const rows = origins.map(({ name, value, from, place }) => [`  ${name}`, written(value), place ? `${from}, ${at(place)}` : from]);
  for (const line of columns(rows)) say(line);
}

function written(value: Origin['value']): string {
  if (value === null) return '-';
  return Array.isArray(value) ? value.join(',') || 'none' : String(value);
}

export function originAsJson({ name, value, from, place }: Origin): object {
  return { name, value, from, source: place ? at(place) : null };
}
