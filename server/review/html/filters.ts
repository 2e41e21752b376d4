import type { Change } from '../compare.ts';
import { ASPECTS } from '../rows.ts';
import { ASPECT_NAMES } from '../words.ts';
import { type Html, html } from './escape.ts';

/** Narrows the list; works where scripts do, and is not shown elsewhere. */
export function filters(changes: readonly Change[]): Html {
  const of = (list: readonly string[]) => [...new Set(list)].toSorted();
  return html`<form id="filter" hidden role="search" aria-label="Filter the changes">
<input type="search" name="text" placeholder="Filter: a device, a sample, a command …" aria-label="Text" autocomplete="off" spellcheck="false">
${choice('platform', of(changes.map(({ platform }) => platform)))}
${choice('method', of(changes.map(({ method }) => method)))}
${choice('device', of(changes.flatMap(({ devices }) => devices)))}
<fieldset>${ASPECTS.map(aspect => html`<label><input type="checkbox" name="aspect" value="${aspect}" checked>${ASPECT_NAMES[aspect]}</label>`)}</fieldset>
<output></output></form>`;
}

function choice(name: string, values: readonly string[]): Html {
  return html`<select name="${name}" aria-label="${name}"><option value="">every ${name}</option>${values.map(value => html`<option>${value}</option>`)}</select>`;
}
