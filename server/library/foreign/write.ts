import { dump } from 'js-yaml';
import type { Carried, Format, Login, Unfinished } from './foreign.ts';

/** The files that an import writes, as text. What cannot be used yet is there as a comment, ready to be completed. */

const WHOSE: Readonly<Record<Format, string>> = {
  ironic: 'Ironic’s switch file',
  ngs: 'networking-generic-switch',
  ansible: 'an Ansible inventory',
};

/** Holds no secret, ever. `source`: the file it all comes from. */
export function inventoryText({ format, groups, devices, unfinished }: Carried, source: string): string {
  const written = { ...(groups.size === 0 ? {} : { groups: Object.fromEntries(groups) }), devices: Object.fromEntries(devices) };
  return [
    header(source, format),
    '# No such file has host_keys, and few have uplinks: Mercury logs in to no device whose key is not here, and guards no port that is not.\n',
    yaml(written, 3),
    ...[...unfinished].map(([name, device]) => unfinishedText(name, device)),
  ].join('');
}

export function credentialsText({ format, logins }: Carried, source: string): string {
  const [whole, partial] = [new Map<string, object>(), [] as string[]];
  for (const [name, login] of logins) {
    const { lacks, ...entry } = login;
    const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
    if (lacks.length === 0) whole.set(name, given);
    else partial.push(`\n# Lacks ${lacks.join(' and ')}.\n${commented(yaml({ [name]: given }, 2))}`);
  }
  return [header(source, format), yaml(Object.fromEntries(whole), 2), ...partial].join('');
}

function header(source: string, format: Format): string {
  return `# Written by "mercury import" from ${printable(source)} (${WHOSE[format]}).\n`;
}

/** A comment ends with its line, and YAML has no control characters anywhere. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}

function unfinishedText(name: string, { device, why }: Unfinished): string {
  return `\n  # Not used: ${printable(why.join('; '))}.\n${commented(yaml({ [name]: device }, 2), '  ')}`;
}

/** Mappings one key a line down to `depth`, lists and what lies deeper on one line. */
function yaml(value: unknown, depth: number): string {
  return dump(value, { lineWidth: -1, flowLevel: depth, noRefs: true });
}

function commented(text: string, indent = ''): string {
  return text.replace(/^(?=.)/gm, `${indent}# `);
}

/** Every text of a login that nobody may see. */
export function secretsOf(logins: Iterable<Login>): string[] {
  return [...logins].flatMap(({ password, passphrase, enable }) => [password, passphrase, enable].filter(text => text !== undefined));
}
