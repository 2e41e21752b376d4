import { ensurePackages, type Readiness } from '../debian.ts';

/** Whether what a suite tests with is here; with CI=true, where leaving tests out would go unseen, throws when it is not. */
export function toolsReady(packages: readonly string[] = ['curl', 'openssl']): Readiness {
  const readiness = ensurePackages(packages);
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no ${packages.join(' and ')} to test with: ${readiness.why}`);
  return readiness;
}
