import { at } from '../../errors.ts';
import type { Change } from '../compare.ts';
import type { FactChange } from '../facts.ts';
import { type Cell, isSame, type PlatformReview, type Review } from '../review.ts';
import { alikeDevices, counted, devicesOf, headline, samplesOf, touchedOf, whatOf } from '../words.ts';
import { type Html, html, NONE } from './escape.ts';
import { filters } from './filters.ts';
import { page } from './page.ts';
import { sideBySide } from './side-by-side.ts';

/** A review to look at: what changes where, and under each field of it the plans side by side. */
export function asHtml(review: Review): string {
  const { base, changes, files } = review;
  const body = html`<header>
<p class="kind">Mercury review <span>against ${base}</span></p>
<h1>${sentence(isSame(review) ? 'nothing changes' : shortly(review))}</h1>
<p class="sub">${sentence(headline(review))}. ${isSame(review) ? '' : `${touchedOf(review)}.`}</p>
${files.length === 0 ? NONE : html`<ul class="files">${files.map(({ file, effect }) => html`<li><code>${file}</code>${effect === 'changed' ? NONE : html` <span class="tag">${effect}</span>`}</li>`)}</ul>`}
<button type="button" id="theme" aria-label="Light or dark">◐</button>
</header>
<main>
${matrix(review)}
${changes.length === 0 ? NONE : filters(changes)}
<section id="changes" aria-label="Plans that change">${changes.map((change, nth) => article(change, nth, review))}
<p id="nothing" hidden>No change fits the filter.</p></section>
${settings(review)}${rules(review)}${complaints(review)}
${review.notes.map(note => html`<p class="note">${note}</p>`)}
</main>
<footer><kbd>j</kbd> <kbd>k</kbd> next and previous change · <kbd>Enter</kbd> open · <kbd>/</kbd> filter · <kbd>Esc</kbd> all of them · <kbd>←↑↓→</kbd> in the table</footer>`;
  return page(`Mercury review: ${base}`, body);
}

/** What the matrix shows, in numbers. */
function shortly({ platforms, changes, plans }: Review): string {
  const changed = platforms.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + cell.changed, 0);
  const touched = new Set(changes.filter(({ effect }) => effect !== 'words').map(({ platform }) => platform)).size;
  return changed === 0
    ? 'every plan is the same, and something else is not'
    : `${changed} of ${counted(plans, 'plan')} change, on ${touched} of ${counted(platforms.length, 'platform')}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a method of a platform is in the list. */
const idOf = (platform: string, method: string) => `${platform}/${method}`;

function matrix({ platforms, changes }: Review): Html {
  const [first] = platforms;
  if (!first) return NONE;
  const heads = first.cells.map(
    ({ method }) => html`<th scope="col">${method.split('_').map((word, i) => html`${i === 0 ? NONE : html`_<wbr>`}${word}`)}</th>`,
  );
  const rows = platforms.map(
    platform =>
      html`<tr><th scope="row"><code>${platform.name}</code></th>${platform.cells.map(cell => field(cell, platform, changes))}</tr>`,
  );
  return html`<section class="matrix"><table aria-label="Platforms and methods"><thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table>
<p class="legend"><span class="same">same</span><span class="typed">typed otherwise</span><span class="verify">only checked otherwise</span><span class="rescue">only a failure ends otherwise</span><span class="refused">refused now</span><span class="new">new</span></p></section>`;
}

function field(cell: Cell, { name }: PlatformReview, changes: readonly Change[]): Html {
  const { method, played, planned, changed } = cell;
  if (changed === 0) {
    const [sign, told] = planned === 0 ? ['–', 'not offered'] : ['·', `${counted(played, 'plan')}, all the same`];
    return html`<td class="${planned === 0 ? 'absent' : 'same'}"><span title="${told}" aria-label="${told}">${sign}</span></td>`;
  }
  const own = changes.filter(change => change.platform === name && change.method === method && change.effect !== 'words');
  const label = `${name} ${method}: ${changed} of ${counted(played, 'plan')} changed`;
  return html`<td><a class="field ${colourOf(own)}" href="#${idOf(name, method)}" data-platform="${name}" data-method="${method}" aria-label="${label}" title="${label}">${changed}<small>/${played}</small></a></td>`;
}

/** The gravest of what changes there. */
function colourOf(changes: readonly Change[]): string {
  const effects = new Set(changes.map(({ effect }) => effect));
  if (effects.has('refused') || effects.has('gone')) return 'refused';
  const aspects = new Set(changes.flatMap(change => (change.effect === 'changed' ? change.aspects : [])));
  if (aspects.has('typed')) return 'typed';
  if (effects.has('new') || effects.has('allowed')) return 'new';
  return aspects.has('verify') ? 'verify' : 'rescue';
}

function article(change: Change, nth: number, review: Review): Html {
  const { platform, method, effect, aspects, samples, devices, title, rows, words } = change;
  const first = review.changes.findIndex(other => other.platform === platform && other.method === method) === nth;
  const tags =
    effect === 'changed'
      ? aspects.map(aspect => html`<span class="tag ${aspect}">${whatOf({ ...change, aspects: [aspect] })}</span>`)
      : [html`<span class="tag ${effect}">${whatOf(change)}</span>`];
  const body =
    effect === 'words'
      ? html`<ul class="lines">${words.before.map(text => html`<li class="gone">${text}</li>`)}${words.after.map(text => html`<li class="new">${text}</li>`)}</ul>`
      : sideBySide(rows);
  return html`<details class="change" ${nth === 0 ? html`open` : NONE} ${first ? html`id="${idOf(platform, method)}"` : NONE} data-platform="${platform}" data-method="${method}" data-devices="${devices.join(' ')}" data-aspects="${effect === 'changed' ? aspects.join(' ') : effect === 'words' ? 'words' : 'typed'}">
<summary><code>${platform}</code> <b>${method}</b> ${tags}<span class="about">${samplesOf(review, change)}</span><span class="about devices">${devicesOf(change, 4)}</span></summary>
<p class="title">${title}${samples.length > 1 ? html` <span>(the first of ${samples.length} samples that change alike)</span>` : NONE}${effect === 'words' ? NONE : html` <button type="button" class="more">the whole plan</button>`}</p>
${body}</details>`;
}

function settings(review: Review): Html {
  const { platforms } = review;
  const about = [
    ...platforms.map(({ name, facts }) => ({ name, facts, what: 'how it is talked to' })),
    ...alikeDevices(review).map(group => {
      const what = group.effect === 'changed' ? 'inventory' : `inventory: ${group.effect}`;
      return { name: devicesOf(group), facts: group.facts, what };
    }),
  ].filter(({ facts }) => facts.length > 0);
  if (about.length === 0) return NONE;
  const row = (name: Html, { name: setting, before, after }: FactChange) =>
    html`<tr>${name}<td><code>${setting}</code></td><td class="${before === undefined ? 'none' : 'gone'}"><code>${before ?? ''}</code></td><td class="${after === undefined ? 'none' : 'new'}"><code>${after ?? ''}</code></td></tr>`;
  return html`<section><h2>Described otherwise</h2><table class="facts"><thead><tr><th>what</th><th>setting</th><th>before</th><th>after</th></tr></thead><tbody>${about.flatMap(
    ({ name, what, facts }) =>
      facts.map((fact, i) =>
        row(i === 0 ? html`<th scope="rowgroup" rowspan="${facts.length}"><code>${name}</code><small>${what}</small></th>` : NONE, fact),
      ),
  )}</tbody></table></section>`;
}

function rules({ rules: changed }: Review): Html {
  if (changed.length === 0) return NONE;
  return html`<section><h2>Who may have what done</h2><ul class="lines">${changed.map(({ effect, text, place }) => html`<li class="${effect}">${text} <small>${at(place)}</small></li>`)}</ul></section>`;
}

function complaints({ complaints: { fresh, gone } }: Review): Html {
  if (fresh.length + gone.length === 0) return NONE;
  const item = (effect: string) => (complaint: (typeof fresh)[number]) =>
    html`<li class="${effect}">${complaint.message} <small>${at(complaint.place)}</small></li>`;
  return html`<section><h2>Lint</h2><ul class="lines lint">${fresh.map(item('gone'))}${gone.map(item('new'))}</ul></section>`;
}
