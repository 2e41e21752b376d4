import type { Place } from '../../model.ts';
import type { Note } from './notes.ts';

/** The nouns of an import: a file of another tool becomes Found devices, and those become what is Carried over. */

/** Whose files can be read. */
export const FORMATS = ['ironic', 'ngs', 'ansible'] as const;
export type Format = (typeof FORMATS)[number];

/** What a foreign file says, under the name it says it by, and where. */
export interface Placed {
  readonly key: string;
  readonly text: string;
  readonly place: Place;
}

/** A device in the words of the foreign file. */
export interface Found {
  readonly name: string;
  readonly place: Place;
  /** Groups that its platform comes from, the weakest first: each one's name as the key, what it says as the text. */
  readonly groups?: readonly Placed[] | undefined;
  readonly platform?: Placed | undefined;
  readonly address?: Placed | undefined;
  readonly port?: Placed | undefined;
  readonly switchId?: Placed | undefined;
  /** Names with commas, as are the physical networks. */
  readonly uplinks?: Placed | undefined;
  readonly physicalNetworks?: Placed | undefined;
  /** Blank: no VLAN at all. */
  readonly allowedVlans?: Placed | undefined;
  readonly defaultVlan?: Placed | undefined;
  readonly login: Login;
}

/** How to log in, by the keys of the credentials file. */
export interface Login {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly private_key?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly enable?: string | undefined;
  /** What is needed and cannot be had from the file; an entry that lacks anything is not written as one. */
  readonly lacks: readonly string[];
}

/** A device as an inventory file has it, its keys in the order in which they are written. */
export interface WrittenDevice {
  readonly groups?: readonly string[];
  readonly platform?: string;
  readonly address?: string;
  readonly port?: number;
  readonly credentials?: string;
  readonly switch_ids?: readonly string[];
  readonly uplinks?: readonly string[];
  readonly physical_networks?: readonly string[];
  readonly allowed_vlans?: string;
  readonly vars?: Readonly<Record<string, number>>;
}

/** A device that no inventory would take, and what it needs. */
export interface Unfinished {
  readonly device: WrittenDevice;
  readonly why: readonly string[];
}

export interface Carried {
  readonly format: Format;
  readonly groups: ReadonlyMap<string, { readonly platform: string }>;
  readonly devices: ReadonlyMap<string, WrittenDevice>;
  readonly unfinished: ReadonlyMap<string, Unfinished>;
  /** Entries of the credentials file, by the names that the devices have for them; those that lack something included. */
  readonly logins: ReadonlyMap<string, Login>;
  readonly notes: readonly Note[];
}
