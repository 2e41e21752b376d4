// Runs in the browser. Without it the page is whole, only longer to read.
'use strict';

const root = document.documentElement;
const themes = ['', 'light', 'dark'];
document.getElementById('theme')?.addEventListener('click', () => {
  const shown = root.dataset.theme ?? '';
  const next = themes[(themes.indexOf(shown) + 1) % themes.length];
  if (next === '') delete root.dataset.theme;
  else root.dataset.theme = next;
});

for (const change of document.querySelectorAll('.change')) {
  change.addEventListener('click', event => {
    if (event.target.closest('.more')) change.querySelector('table').classList.toggle('whole');
  });
}

const changes = [...document.querySelectorAll('.change')];
const form = document.getElementById('filter');
const fields = [...document.querySelectorAll('.field')];
const texts = new Map(changes.map(change => [change, change.textContent.toLowerCase()]));

/** Every change that the form asks for; the others are hidden. */
function filter() {
  const { text, platform, method, device } = form.elements;
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const aspects = new Set([...form.querySelectorAll('[name=aspect]:checked')].map(box => box.value).concat('words'));
  let shown = 0;
  for (const change of changes) {
    const { dataset } = change;
    const fits =
      (platform.value === '' || dataset.platform === platform.value) &&
      (method.value === '' || dataset.method === method.value) &&
      (device.value === '' || dataset.devices.split(' ').includes(device.value)) &&
      dataset.aspects.split(' ').some(aspect => aspects.has(aspect)) &&
      words.every(word => texts.get(change).includes(word));
    change.hidden = !fits;
    if (fits) shown += 1;
  }
  document.getElementById('nothing').hidden = shown > 0;
  form.querySelector('output').value = `${shown} of ${changes.length}`;
  for (const field of fields) {
    const isCurrent = platform.value === field.dataset.platform && method.value === field.dataset.method;
    if (isCurrent) field.setAttribute('aria-current', 'true');
    else field.removeAttribute('aria-current');
  }
}

const visible = () => changes.filter(change => !change.hidden);

function go(change) {
  change?.querySelector('summary').focus();
  change?.scrollIntoView({ block: 'start' });
}

/** The changes of one platform and method, open; what the address after # names, too. */
function open(platform, method) {
  form.reset();
  form.elements.platform.value = platform;
  form.elements.method.value = method;
  filter();
  for (const change of visible()) change.open = true;
  go(visible()[0]);
}

if (form) {
  form.hidden = false;
  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  filter();
  for (const field of fields) {
    field.addEventListener('click', event => {
      event.preventDefault();
      history.replaceState(null, '', field.getAttribute('href'));
      open(field.dataset.platform, field.dataset.method);
    });
  }
  const named = fields.find(field => field.getAttribute('href') === decodeURIComponent(location.hash));
  if (named) open(named.dataset.platform, named.dataset.method);
  document.addEventListener('keydown', key);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches('input[type=search], select');
  if (event.key === 'Escape') {
    form.reset();
    filter();
    history.replaceState(null, '', location.pathname + location.search);
    document.activeElement?.blur();
  } else if (typing) return;
  else if (event.key === '/') form.elements.text.focus();
  else if (event.key === 'j' || event.key === 'k') {
    const list = visible();
    const now = list.findIndex(change => change.contains(document.activeElement));
    go(list[Math.min(list.length - 1, Math.max(0, event.key === 'j' ? now + 1 : now - 1))]);
  } else if (event.target.matches('.field') && event.key.startsWith('Arrow')) beside(event.target, event.key.slice(5));
  else return;
  event.preventDefault();
}

/** The next field that changes in that direction. */
function beside(field, direction) {
  const cell = field.closest('td');
  const rows = [...cell.closest('tbody').rows];
  let [x, y] = [cell.cellIndex, rows.indexOf(cell.parentElement)];
  const [dx, dy] = { Left: [-1, 0], Right: [1, 0], Up: [0, -1], Down: [0, 1] }[direction];
  for (;;) {
    x += dx;
    y += dy;
    const found = rows[y]?.cells[x];
    if (!found) return;
    const next = found.querySelector('.field');
    if (next) return next.focus();
  }
}

// Paper shows everything that the screen shows folded.
addEventListener('beforeprint', () => {
  for (const change of changes) {
    change.dataset.was = change.open ? 'open' : '';
    change.open = true;
  }
});
addEventListener('afterprint', () => {
  for (const change of changes) change.open = change.dataset.was === 'open';
});
