import { dump } from 'js-yaml';
import { ChangeError } from '../errors.ts';
import { parseYaml } from '../library/yaml.ts';

export interface DeviceWords {
  readonly name: string;
  readonly platform?: string | undefined;
  readonly address: string;
  readonly port?: number | undefined;
  readonly groups: readonly string[];
  readonly credentials?: string | undefined;
  readonly uplinks: readonly string[];
  readonly switchIds: readonly string[];
  /** Whether which host keys are believed is said elsewhere. */
  readonly trusted: boolean;
}

/** The entry of a device, as somebody would write it by hand. */
export function deviceText({ name, platform, address, port, groups, credentials, uplinks, switchIds, trusted }: DeviceWords): string {
  const list = (texts: readonly string[]) => `[${texts.map(scalar).join(', ')}]`;
  const lines = [
    ...(platform === undefined ? [] : [`platform: ${scalar(platform)}`]),
    ...(groups.length > 0 ? [`groups: ${list(groups)}`] : []),
    `address: ${scalar(address)}`,
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(credentials === undefined ? [] : [`credentials: ${scalar(credentials)}`]),
    ...(switchIds.length > 0 ? [`switch_ids: ${list(switchIds)}`] : []),
    ...(uplinks.length > 0 ? [`uplinks: ${list(uplinks)}`] : []),
    ...(trusted ? [] : [`host_keys: []    # nothing is believed yet: "mercury keyscan ${name}" shows its keys, its console proves them`]),
  ];
  return `${scalar(name)}:\n${lines.map(line => `  ${line}\n`).join('')}`;
}

/** A text as YAML needs it, quoted where it could be taken for something else. */
function scalar(text: string): string {
  const plain = /^[\w./-]+$/.test(text) && dump(text).trimEnd() === text;
  return plain ? text : `'${text.replaceAll("'", "''")}'`;
}

/**
 * An inventory file with one more device at the end of its devices; whatever else stands in it stays as it is, to the letter.
 * @throws ChangeError bad_request where nothing can be added without rewriting what is there
 */
export function withDevice(text: string, file: string, entry: string): string {
  const { value } = parseYaml(text, file);
  const devices = (value as { devices?: unknown } | null)?.devices;
  const lines = text.split('\n');
  const head = lines.findIndex(line => /^devices:/.test(line));
  if (head < 0) return `${text.trimEnd()}${text.trim() === '' ? '' : '\n\n'}devices:\n${indented(entry, 2)}`;
  // Below an empty one there is nothing yet.
  if (devices === null || (typeof devices === 'object' && Object.keys(devices).length === 0)) {
    const [, remark = ''] = /^devices:[^#]*(#.*)?$/.exec(lines[head] ?? '') ?? [];
    return [
      ...lines.slice(0, head),
      `devices:${remark === '' ? '' : `  ${remark}`}`,
      ...indented(entry, 2).trimEnd().split('\n'),
      ...lines.slice(head + 1),
    ].join('\n');
  }
  const first = lines.slice(head + 1).find(line => /^\s+[^\s#]/.test(line));
  if (first === undefined || /^devices:\s*\{/.test(lines[head] ?? ''))
    throw new ChangeError('bad_request', `${file} has its devices in braces: write this there by hand:\n${entry}`);
  const indent = first.search(/\S/);
  const next = lines.findIndex((line, nth) => nth > head && /^[^\s#]/.test(line));
  const block = lines.slice(0, next < 0 ? lines.length : next);
  // Remarks and empty lines before what comes next belong to that; one that is indented belongs to the device above it.
  const last = block.findLastIndex(line => /^\s+\S/.test(line));
  const spaced = lines.slice(head, last).some(line => line.trim() === '');
  return [
    ...lines.slice(0, last + 1),
    ...(spaced ? [''] : []),
    ...indented(entry, indent).trimEnd().split('\n'),
    ...(last + 1 < lines.length ? lines.slice(last + 1) : ['']),
  ].join('\n');
}

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}
