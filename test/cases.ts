import { plan } from '../server/engine/plan.ts';
import { SAMPLES, type Sample, sampleRequest } from '../server/engine/samples.ts';
import { LAB_USER, SWITCHES } from '../server/lab/lab.ts';
import type { Library } from '../server/library/library.ts';
import type { ChangePlan, ChangeRequest, Device } from '../server/model.ts';
import { apart } from './bench.ts';
import { PLATFORMS } from './harness.ts';
import { shippedLibrary } from './shipped.ts';

/** Every method in every mode, on one device of each platform. */

export type Case = Sample;
export const CASES = SAMPLES;

const library = withOneDeviceEach(shippedLibrary());

const exampleOn = (platform: string) => library.platforms.get(platform)?.interfaces.example;

/** A server-facing port of each lab switch. */
export const PORTS: Readonly<Record<string, string>> = Object.fromEntries(
  PLATFORMS.map(platform => [platform, exampleOn(platform)?.port ?? '']),
);

/** A LAG that no lab switch has until it is made. */
export const LAGS: Readonly<Record<string, string>> = Object.fromEntries(
  PLATFORMS.map(platform => [platform, exampleOn(platform)?.lag ?? '']),
);

const ID = 'mercury-golden';
/** What a change of that id is called on a switch. */
export const CHANGE = 'curygolden';

/** What a platform would type for a case. */
export function planOf(platform: string, wanted: Omit<Case, 'name'>, id = ID): ChangePlan {
  return apart(plan(sampleRequest(wanted, { device: platform, ...exampleOn(platform) }, id) as ChangeRequest, library));
}

function withOneDeviceEach(read: Library): Library {
  const devices = PLATFORMS.map((platform): [string, Device] => [
    platform,
    {
      name: platform,
      platform,
      address: '192.0.2.1',
      port: 22,
      credentials: 'none',
      hostKeys: [],
      switchIds: [],
      uplinks: SWITCHES[platform]?.('sw', LAB_USER).uplinks ?? [],
      physicalNetworks: [],
      vars: {},
      source: { file: 'test/cases.ts', line: 1 },
    },
  ]);
  return { ...read, devices: new Map(devices) };
}
