import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reviewOf } from '../../server/cli/review.ts';
import { asHtml } from '../../server/review/html/report.ts';
import { Folder } from '../cli/run.ts';
import { browserReady, openBrowser } from './browser.ts';
import { Tree } from './tree.ts';

const { ready, why } = browserReady();
if (!ready) console.error(`\n!!! LEFT OUT: the report in a browser: ${why}\n`);

/** Gives the contrast of each visible text. */
const CONTRASTS = readFileSync(join(import.meta.dirname, 'contrasts.js'), 'utf8');

const HOSTILE = '<script>document.title = "owned"</script><img src=x onerror="document.title=1">"\'&';

const folder = new Folder();
const file = join(folder.path, 'report.html');

/** A tree with an edit of each kind. */
beforeAll(async () => {
  using tree = new Tree();
  tree.edit('templates/arista_eos/edge.hbs', '  spanning-tree portfast\n', '  spanning-tree portfast edge\n');
  tree.edit('playbooks/cisco_ios/detach_port.yml', '        no description\n', '        no description\n        no mtu\n');
  tree.edit('playbooks/dell_os10/attach_port.yml', 'name: Open {{port}}', `name: ${JSON.stringify(`Open {{port}} ${HOSTILE}`)}`);
  tree.edit('inventory/example.yml', 'address: 192.0.2.31\n', `address: ${JSON.stringify(HOSTILE)}\n`);
  tree.edit('templates/juniper_junos/describe.hbs', '{{description}}', `${HOSTILE.replaceAll('"', '')}{{description}}`);
  writeFileSync(file, asHtml(reviewOf({ root: tree.path, base: 'main' })));
});
afterAll(() => folder[Symbol.dispose]());

describe('the report as a file', () => {
  it('names no other file and no address that it would load', () => {
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/<(?:img|iframe|object|embed|form action|base|script src|link rel="stylesheet")/i);
    expect([...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(match => match[1]).filter(to => !to?.startsWith('#'))).toEqual(['data:,']);
    expect(text).toMatch(/content="default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;; script-src &#39;sha256-[\w+/=]+&#39;;/);
  });
});

describe.skipIf(!ready)(ready ? 'the report in Chromium' : `the report in Chromium (left out: ${why})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  /** A page that nothing went wrong on, and that asked for nothing but itself. */
  async function onReport(
    look: (page: Page) => Promise<void>,
    colorScheme: 'light' | 'dark' = 'light',
    javaScriptEnabled = true,
  ): Promise<void> {
    const context = await browser.newContext({ colorScheme, javaScriptEnabled, viewport: { width: 1360, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('console', message => complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('request', request => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await look(page);
    expect(complaints).toEqual([]);
    expect(new Set(asked.filter(url => !url.startsWith('data:')))).toEqual(new Set([pathToFileURL(file).href]));
    await context.close();
  }

  const shown = (page: Page) => page.locator('.change:visible');

  it('shows the matrix, and under a field of it the plans side by side, each line with its place', () =>
    onReport(async page => {
      await page.getByRole('link', { name: /^arista_eos update_port: 3 of 3 plans changed$/ }).click();
      expect(await shown(page).count()).toBe(1);
      const row = shown(page).locator('tr:visible', { has: page.locator('td.gone') });
      expect(await row.locator('td').allInnerTexts()).toEqual([
        expect.stringMatching(/^edge\.hbs:4 ← update_port\.yml:\d+$/),
        'spanning-tree portfast',
        'spanning-tree portfast edge',
        expect.stringMatching(/^edge\.hbs:4 ← update_port\.yml:\d+$/),
      ]);
      expect(await row.locator('mark').allInnerTexts()).toEqual([' edge']);
      expect(new URL(page.url()).hash).toBe('#arista_eos/update_port');
      await page.reload();
      expect(await shown(page).count()).toBe(1);
    }));

  it('tells the gravest of what changes by the colour of the field, and by its name', () =>
    onReport(async page => {
      const colourOf = (name: string) => page.getByRole('link', { name: new RegExp(`^${name}:`) }).getAttribute('class');
      expect(await colourOf('arista_eos attach_port')).toBe('field typed');
      expect(await colourOf('cisco_ios attach_port')).toBe('field rescue');
      expect(await colourOf('cisco_ios detach_port')).toBe('field typed');
    }));

  it('filters by text, platform, method, device and by what changes', () =>
    onReport(async page => {
      const all = await shown(page).count();
      await page.getByLabel('device').selectOption('access-101');
      const own = await shown(page).count();
      expect(own).toBeGreaterThan(0);
      expect(own).toBeLessThan(all);
      expect(await page.locator('#filter output').innerText()).toBe(`${own} of ${all}`);
      await page.getByLabel('on failure').uncheck();
      expect(await shown(page).locator('summary b').allInnerTexts()).toEqual(['detach_port']);
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      await page.keyboard.type('leaf-401');
      expect([...new Set(await shown(page).locator('summary code').allInnerTexts())]).toEqual(['dell_os10']);
      await page.getByLabel('Text').fill('zzzz');
      expect(await page.getByText('No change fits the filter.').isVisible()).toBe(true);
    }));

  it('is used with keys alone', () =>
    onReport(async page => {
      await page.getByRole('link', { name: /^arista_eos attach_port/ }).focus();
      await page.keyboard.press('ArrowDown');
      expect(await page.locator(':focus').getAttribute('href')).toBe('#cisco_ios/attach_port');
      await page.keyboard.press('Enter');
      expect(await shown(page).count()).toBe(1);
      await page.keyboard.press('Escape');
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      const second = shown(page).nth(1);
      expect(await second.locator('summary:focus').count()).toBe(1);
      const was = await second.getAttribute('open');
      await page.keyboard.press('Enter');
      expect(await second.getAttribute('open')).not.toBe(was);
    }));

  it('unfolds the whole plan', () =>
    onReport(async page => {
      const change = shown(page).first();
      const before = await change.locator('tr:visible').count();
      await change.getByRole('button', { name: 'the whole plan' }).click();
      expect(await change.locator('tr:visible').count()).toBeGreaterThan(before + 10);
    }));

  it('shows hostile text as text, and runs none of it', () =>
    onReport(async page => {
      expect(await page.title()).toMatch(/^Mercury review: main \(/);
      expect(await page.locator('.facts').innerText()).toContain(HOSTILE);
      expect(await page.locator('.lines').first().textContent()).toContain(`Open ethernet1/1/7 ${HOSTILE}`);
      expect(await page.locator('main img, main script, [style], [onerror]').count()).toBe(0);
    }));

  it.each(['light', 'dark'] as const)('can be read in %s', scheme =>
    onReport(async page => {
      const contrasts = await page.evaluate<readonly { readonly text: string; readonly ratio: number }[]>(CONTRASTS);
      expect(contrasts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
      expect(contrasts.length).toBeGreaterThan(20);
    }, scheme),
  );

  it('changes from light to dark by its button', () =>
    onReport(async page => {
      const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      const light = await ground();
      await page.getByRole('button', { name: 'Light or dark' }).click();
      expect(await ground()).toBe(light);
      await page.getByRole('button', { name: 'Light or dark' }).click();
      expect(await ground()).not.toBe(light);
    }));

  it('is whole on paper, and without scripts', async () => {
    await onReport(async page => {
      const open = () => page.locator('.change[open]').count();
      expect(await open()).toBe(1);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect(await open()).toBe(await page.locator('.change').count());
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    });
    await onReport(
      async page => {
        expect(await page.locator('#filter').isVisible()).toBe(false);
        expect(await page.locator('.change').count()).toBeGreaterThan(3);
        expect(await page.locator('.change').first().locator('td.new').first().isVisible()).toBe(true);
      },
      'light',
      false,
    );
  });
});
