import * as z from 'zod';

/** What an operator may set, in mercury.yml and in MERCURY_* variables; a variable wins. */

const TIME = 'must be a time such as 500ms, 30s or 2m';
const time = z
  .string(TIME)
  .regex(/^\d+(?:ms|s|m)$/, TIME)
  .transform(text => Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : text.endsWith('m') ? 60_000 : 1000));

// Text from a variable, a number from the file; an empty variable is no port 0.
const PORT = 'must be a port number from 0 to 65535';
const port = z
  .union([z.number(), z.string().regex(/^\d+$/, PORT)], PORT)
  .transform(Number)
  .refine(value => Number.isInteger(value) && value >= 0 && value <= 65535, PORT);

export const configSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
    port: port.default(6190),
    playbooks: z.string().default('playbooks'),
    templates: z.string().default('templates'),
    inventory: z.string().default('inventory'),
    credentials: z.string().default('/etc/mercury/credentials.yml').describe('Outside the repository, readable by nobody else.'),
    call_time: time
      .prefault('110s')
      // A trial commit of two minutes must be confirmed, or taken back, before the switch does it by itself.
      .refine(ms => ms >= 1000 && ms <= 115_000, 'must be from 1s to 115s')
      .describe('How long a call may take; Ironic gives up after 120 s.'),
    grace: time.prefault('60s').describe('How long running changes may go on after SIGTERM.'),
    log_level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    anyone_may_call: z
      .union([z.boolean(), z.stringbool()], 'must be true or false')
      .default(false)
      .describe('Listen on an address that others can reach, without authentication.'),
  })
  .refine(config => config.anyone_may_call || isLoopback(config.host), {
    path: ['host'],
    error: 'others can reach this address and nobody is authenticated: listen on 127.0.0.1, or say anyone_may_call: true',
  });

export type Config = z.infer<typeof configSchema>;
export const CONFIG_KEYS: readonly string[] = Object.keys(configSchema.shape);

const PREFIX = 'MERCURY_';

/** The MERCURY_* variables as config keys: MERCURY_CALL_TIME is call_time. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(PREFIX) && value !== undefined ? [[name.slice(PREFIX.length).toLowerCase(), value]] : [],
    ),
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
