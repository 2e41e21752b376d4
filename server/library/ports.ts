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
