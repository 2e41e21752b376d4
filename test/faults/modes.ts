/** How a service is set while it meets faults: every suite here runs once for each. */
export interface Mode {
  readonly name: string;
  /** Settings, as MERCURY_* variables. */
  readonly env: Readonly<Record<string, string>>;
}

export const MODES: readonly Mode[] = [{ name: 'as it comes', env: {} }];
