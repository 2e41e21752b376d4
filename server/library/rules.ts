import type { Place } from '../model.ts';

/** How bad it is: an error lets a port carry what nobody asked for, or hides it; a warning is a habit that leads there. */
export type Severity = 'error' | 'warning';

/** A rule as `mercury lint --rules` tells it. `what` is a sentence without its full stop, `why` goes on after a colon. */
export interface RuleText {
  readonly severity: Severity;
  readonly what: string;
  readonly why: string;
}

/** Something that a rule does not like, and where it stands. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly place: Place;
  readonly message: string;
}

const error = (what: string, why: string): RuleText => ({ severity: 'error', what, why });
const warning = (what: string, why: string): RuleText => ({ severity: 'warning', what, why });

/** Rules that are looked after in engine/lint/, for every platform. */
export const OWN_RULES = {
  'refused-at-load': error('Every file is read and understood', 'nothing starts on files that are wrong anywhere'),
  allowance: warning(
    'An allowance names a rule, says why after `because`, and is needed',
    'one that nobody needs any more hides the next slip in that line',
  ),
  renders: error(
    'A playbook has something to type, and to verify, for every call that the platform says it supports',
    'such a call would be refused although nobody meant it to be',
  ),
  'known-words': error(
    'A line of tasks begins with words that the platform lists under `words: change`',
    'anything else is a slip, an abbreviation that may be ambiguous in another release, or no business of a playbook',
  ),
  'reads-only': error(
    'What is typed to read begins with words that the platform lists under `words: read`',
    'require and verify are typed even when nothing is to change',
  ),
  'no-mode-change': error(
    'A playbook enters and leaves no mode by itself',
    'modes are the platform’s: a session that is elsewhere than Mercury believes types lines where nobody meant them',
  ),
  'no-commit-or-save': error(
    'A playbook neither commits nor saves',
    'both are the platform’s: a commit of its own cannot be taken back, and is not read back before it is confirmed',
  ),
  'verify-names-vlan': error('What verify reads back names every VLAN that was asked', 'a port on another VLAN would be called applied'),
  'verify-whole-list': warning('verify compares the whole list of VLANs: `are`, not `hold`', 'a VLAN that was left on the port would pass'),
  'has-rescue': error(
    'A change of a port has a rescue, or a transaction that takes it back; an attach has a rescue in any case',
    'a failure would leave the port half-way, and open',
  ),
  'no-secret': error(
    'No password, key, hash or community stands in these files',
    'whoever can read the repository has it, and history keeps it; secrets belong into the credentials file',
  ),
  'no-vlan-1': error('Nothing is put on VLAN 1', 'every port that nobody has configured is on it'),
} as const satisfies Record<string, RuleText>;
export type OwnRule = keyof typeof OWN_RULES;

/** Rules whose patterns a platform writes under `lint: rules:`; it may add why it matters there. */
const PLATFORM_RULES = {
  'replace-before-trunk': error(
    'A trunk has its whole list of VLANs, in the form that replaces, before it becomes a trunk',
    'a trunk without a list carries every VLAN, be it only between two lines',
  ),
  'no-add-to-unknown-list': error(
    'Nothing is added to a list of VLANs that was not set just before',
    'on a new trunk all VLANs are in it already, and on an old one yesterday’s stay',
  ),
  'no-every-vlan': error('No line names all VLANs, or all but some', 'a port carries what was asked, and nothing else'),
  'no-vlan-range': error('VLANs are named one by one', 'a range takes what VLANs there are, and nobody hears that one is missing'),
  'vlan-before-access': error(
    'An access port has its VLAN before it becomes an access port',
    'between the two lines it would be on the VLAN it had, or on VLAN 1',
  ),
  'vlans-with-port': error('A port comes with its VLANs, in the same transaction', 'a port without any carries every VLAN'),
  'shut-before-vlans': error('A port is shut before its VLANs change', 'each line is live at once, and the port serves somebody meanwhile'),
  'open-last': error(
    'A port is opened after its last VLAN line',
    'each line is live at once, and an open port is on whatever was typed so far',
  ),
  'read-before-open': error(
    'A port is opened only after the switch itself has shown its VLANs',
    'a line that was taken and not obeyed would open the port on the wrong network',
  ),
  'shut-before-leaving-lag': error('A member is shut before it leaves its LAG', 'on its own it carries whatever the LAG carried'),
  'update-shuts-nothing': error('update_port does not close the port', 'it serves somebody'),
  'rescue-closes': error('A rescue leaves the port closed', 'a failed change must not leave a server on a network that nobody asked for'),
} as const satisfies Record<string, RuleText>;

/** Every rule that has a name here. */
export const KNOWN_RULES: ReadonlyMap<string, RuleText> = new Map<string, RuleText>(Object.entries({ ...OWN_RULES, ...PLATFORM_RULES }));

/** Rules that a platform may write patterns for: what Mercury looks after by itself has none. */
export const isOwn = (id: string): boolean => id in OWN_RULES && id !== 'no-vlan-1' && id !== 'reads-only';
