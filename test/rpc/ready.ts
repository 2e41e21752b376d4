import { ensurePackages, type Readiness } from '../debian.ts';

/** Whether curl and openssl are here; with CI=true, where leaving tests out would go unseen, throws when they are not. */
export function toolsReady(): Readiness {
  const readiness = ensurePackages(['curl', 'openssl']);
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no curl and openssl to test with: ${readiness.why}`);
  return readiness;
}
