import type { Device } from '../model.ts';
import type { Platform } from './written.ts';

/** A port by its long name, so that Gi1/0/1 and GigabitEthernet1/0/1 are one port, one lock and one check. */
export function canonicalPort(port: string, platform: Pick<Platform, 'interfaces'>): string {
  const bare = port.trim();
  const prefix = /^[A-Za-z]+/.exec(bare)?.[0];
  const long =
    prefix === undefined
      ? undefined
      : Object.entries(platform.interfaces.short).find(([short]) => short.toLowerCase() === prefix.toLowerCase())?.[1];
  return prefix !== undefined && long !== undefined ? long + bare.slice(prefix.length).trimStart() : bare;
}

/** The number, or whatever else members name a LAG by; undefined for what is no LAG. */
export function lagId(port: string, { interfaces }: Pick<Platform, 'interfaces'>): string | undefined {
  const match = interfaces.lag?.exec(port);
  return match ? (match[1] ?? match[0]) : undefined;
}

/** The LAG that a name means on a device, by its long name; undefined for what is no LAG there. */
export function lagOf(name: string, device: Device, platforms: ReadonlyMap<string, Platform>): string | undefined {
  const platform = platforms.get(device.platform);
  const port = platform && canonicalPort(name, platform);
  return platform && port !== undefined && lagId(port, platform) !== undefined ? port : undefined;
}
