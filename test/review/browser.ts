import { type Browser, chromium } from 'playwright-core';
import { ensurePackages, type Readiness } from '../debian.ts';

/** Debian's Chromium, installed where it is missing. With CI=true it must be there. */
export function browserReady(): Readiness {
  const readiness = ensurePackages(['chromium']);
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no browser to test with: ${readiness.why}`);
  return readiness;
}

/** Root has no sandbox of its own to give. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', timeout: 120_000, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
