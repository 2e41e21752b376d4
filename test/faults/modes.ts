/** How a service is set while it meets faults: suites run once for each of some. */
export interface Mode {
  readonly name: string;
  /** Settings, as MERCURY_* variables. */
  readonly env: Readonly<Record<string, string>>;
  /** What a platform.yml is without what this mode does not do. */
  readonly platform?: (text: string) => string;
}

/** Each visit saves: what would be put off could not be disturbed where it is awaited. */
const SAVES = { MERCURY_SAVE_AFTER: '0s' };

const LINE_BY_LINE: Pick<Mode, 'platform'> = { platform: text => text.replace(/^type_ahead:.*\n/m, '') };
const AHEAD: Mode = {
  name: 'that makes changes together, types ahead and keeps sessions',
  // Long enough for the next change, short enough for whoever waits for the last session to end.
  env: { ...SAVES, MERCURY_KEEP_SESSION: '300ms' },
};

export const MODES: readonly Mode[] = [
  {
    name: 'that makes each change by itself, line by line',
    env: { ...SAVES, MERCURY_CHANGES_AT_ONCE: '1', MERCURY_KEEP_SESSION: '0s' },
    ...LINE_BY_LINE,
  },
  AHEAD,
];

/** Those in which changes meet; a sample is tried in the first. */
export const TOGETHER: readonly [Mode, ...Mode[]] = [
  AHEAD,
  { name: 'that makes changes together, line by line', env: { ...SAVES, MERCURY_KEEP_SESSION: '0s' }, ...LINE_BY_LINE },
  { name: 'that makes changes together and saves later', env: { MERCURY_SAVE_AFTER: '200ms', MERCURY_KEEP_SESSION: '300ms' } },
];
