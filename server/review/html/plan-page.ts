import type { Explanation, Origin } from '../../engine/origins.ts';
import { at } from '../../errors.ts';
import type { ChangePlan } from '../../model.ts';
import { PARTS, type Part, type Row } from '../rows.ts';
import { planned } from '../sheet.ts';
import { type Html, html, NONE } from './escape.ts';
import { page } from './page.ts';
import { title, where } from './side-by-side.ts';

/** Plans for a change ticket: every line in its order, what is held against the device's words, and who said each value. */
export function plansAsHtml(plans: readonly { readonly plan: ChangePlan; readonly explanation: Explanation }[]): string {
  const names = plans.map(({ plan }) => plan.title);
  const body = html`<header>
<p class="kind">Mercury plan <span>nothing is typed yet</span></p>
<button type="button" id="theme" aria-label="Light or dark">◐</button>
</header>
<main>${plans.map(one => section(one.plan, one.explanation))}</main>`;
  return page(`Mercury plan: ${[...new Set(names)].join('; ')}`, body);
}

function section(plan: ChangePlan, explanation: Explanation): Html {
  const { rows } = planned(plan);
  const parts = (Object.keys(PARTS) as Part[]).map(part => rows.filter(row => row.part === part)).filter(own => own.length > 0);
  return html`<section>
<h1>${plan.title}</h1>
<p class="sub"><code>${plan.device.name}</code> (${plan.dialect.platform}), <code>${plan.file}</code></p>
<table class="plan">${parts.map(own => tbody(own, explanation))}</table>
${origins(explanation.origins)}
</section>`;
}

function tbody(rows: readonly Row[], explanation: Explanation): Html {
  const [first] = rows;
  const lines = rows.map((row, i) => {
    const starts = row.task !== '' && row.task !== rows[i - 1]?.task;
    const uses = row.kind === 'sent' ? explanation.usedAt(row.place) : [];
    const task = html`<tr class="task"><td colspan="3">${row.task}${row.mode === '' ? NONE : html` <small>in ${row.mode}</small>`}</td></tr>`;
    return html`${starts ? task : NONE}<tr class="${row.kind}"><td ${title(row)}><code>${row.text}</code></td><td class="uses">${uses.join(', ')}</td><td class="where">${where(row)}</td></tr>`;
  });
  return html`<tbody><tr class="part"><th colspan="3" scope="colgroup">${PARTS[first?.part ?? 'change'].heading}</th></tr>${lines}</tbody>`;
}

function origins(list: readonly Origin[]): Html {
  if (list.length === 0) return NONE;
  const row = ({ name, value, from, place }: Origin) =>
    html`<tr><td><code>${name}</code></td><td><code>${shownValue(value)}</code></td><td>${from}</td><td class="where">${place ? at(place) : ''}</td></tr>`;
  return html`<h2>Who said what</h2><table class="facts"><thead><tr><th>value</th><th>is</th><th>says</th><th>where</th></tr></thead><tbody>${list.map(row)}</tbody></table>`;
}

/** As a person reads it: nothing for what nobody says. */
export function shownValue(value: Origin['value']): string {
  return value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value);
}
