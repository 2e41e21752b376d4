import type { Variable } from './ansible-tree.ts';
import type { Login, Placed } from './foreign.ts';
import type { Notes } from './notes.ts';

export type Variables = ReadonlyMap<string, Variable>;

/** The names that Ansible's connection plugins read; the first that is there counts. */
const NAMES = {
  username: ['ansible_user', 'ansible_ssh_user'],
  password: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  private_key: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
  passphrase: ['ansible_private_key_passphrase', 'ansible_ssh_private_key_passphrase'],
  enable: ['ansible_become_password', 'ansible_become_pass'],
} as const;

export const LOGIN_NAMES: readonly string[] = Object.values(NAMES).flat();

/** Reads how each host is logged in to. */
export class LoginReader {
  readonly #notes: Notes;
  /** Where each encrypted text was first seen: the same text again is the same secret. */
  readonly #vaulted = new Map<string, string>();

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** One secret that cannot be read makes the whole entry wait for it: half a login would be tried, and fail. */
  read(variables: Variables): Login {
    const lacks: string[] = [];
    const take = (key: keyof typeof NAMES): string | undefined => {
      const variable = firstOf(variables, NAMES[key]);
      const lack = variable && this.#lack(variable);
      if (lack !== undefined) lacks.push(lack);
      return variable && lack === undefined ? this.#text(variable) : undefined;
    };
    const login = {
      username: take('username'),
      password: take('password'),
      private_key: take('private_key'),
      passphrase: take('passphrase'),
      enable: take('enable'),
    };
    if (!firstOf(variables, NAMES.username)) lacks.push('a username (ansible_user)');
    if (!firstOf(variables, NAMES.password) && !firstOf(variables, NAMES.private_key)) lacks.push('a password or a private key');
    return { ...login, lacks };
  }

  /** Why a value cannot be carried over, if so. */
  #lack({ key, value, place }: Variable): string | undefined {
    const where = `${key} of line ${place.line}`;
    if (isVaulted(value)) {
      const text = JSON.stringify(value);
      const first = this.#vaulted.get(text) ?? where;
      this.#vaulted.set(text, first);
      return `${first} (Ansible Vault has it)`;
    }
    if (typeof value === 'string' && /\{[{%]/.test(value)) return `${where} (a Jinja expression)`;
    return typeof value === 'object' ? `${where} (no text)` : undefined;
  }

  #text({ key, value, place }: Variable): string {
    if (typeof value !== 'string')
      this.#notes.todo(place, `${key} is written without quotes and YAML takes it for a ${typeof value}; see that nothing of it was lost`);
    return String(value);
  }
}

function isVaulted(value: unknown): boolean {
  if (typeof value === 'string') return value.trimStart().startsWith('$ANSIBLE_VAULT;');
  return typeof value === 'object' && value !== null && '__ansible_vault' in value;
}

/** The first of the names that has a value. */
export function firstOf(variables: Variables, names: readonly string[]): Variable | undefined {
  const name = names.find(name => !['', null, undefined].includes(variables.get(name)?.value as string | null | undefined));
  return name === undefined ? undefined : variables.get(name);
}

/** The same as a text; a list or a mapping is none that a device could be reached by. */
export function textOf(variables: Variables, names: readonly string[]): Placed | undefined {
  const variable = firstOf(variables, names);
  if (!variable) return undefined;
  const { key, value, place } = variable;
  return { key, text: typeof value === 'object' ? '' : String(value).trim(), place };
}
