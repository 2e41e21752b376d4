import { createSecureContext } from 'node:tls';
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

const COUNT = 'must be a whole number from 1';
const count = z
  .union([z.number(), z.string().regex(/^\d+$/, COUNT)], COUNT)
  .transform(Number)
  .refine(value => Number.isSafeInteger(value) && value >= 1, COUNT);

/** Ways to tell who calls; each is a file in rpc/auth/. */
export const AUTH_SCHEMES = ['none', 'basic', 'digest', 'certificate'] as const;
export type AuthScheme = (typeof AUTH_SCHEMES)[number];

/** A list in the file; in a variable, and for a single one in the file, text with commas. */
const listed = (value: unknown) => (typeof value === 'string' ? value.split(',').map(item => item.trim()) : value);

const HOST = 'must be an address or a host name, or a list of them';
const SCHEMES = `must be ${AUTH_SCHEMES.slice(0, -1).join(', ')} or ${AUTH_SCHEMES.at(-1)}`;
const VERSION = 'must be 1.2 or 1.3';
const pem = z.string().min(1, 'must be a path').optional();

/** Ways to keep other processes off a device; each is a file in engine/lock/. */
export const LOCKS = ['none', 'file', 'etcd'] as const;
const LOCK = `must be ${LOCKS.slice(0, -1).join(', ')} or ${LOCKS.at(-1)}`;
const ENDPOINTS = 'must be URLs such as http://192.0.2.1:2379';

export const configSchema = z
  .strictObject({
    host: z
      // An address in a URL has brackets; here it has none.
      .preprocess(listed, z.array(z.string(HOST).min(1, HOST), HOST).min(1, HOST))
      .transform(hosts => hosts.map(host => host.replace(/^\[(.*)\]$/, '$1')))
      .prefault('127.0.0.1')
      .describe('The addresses to listen on.'),
    port: port.default(6190).describe('TCP port; 0 takes any that is free.'),
    playbooks: z.string().default('playbooks').describe('Folder; a relative one starts from the root folder.'),
    templates: z.string().default('templates').describe('Likewise.'),
    inventory: z.string().default('inventory').describe('Likewise.'),
    credentials: z.string().default('/etc/mercury/credentials.yml').describe('Outside the repository, readable by nobody else.'),
    vault_password_file: z.string().min(1, 'must be a path').optional().describe('The password of what ansible-vault encrypted.'),
    call_time: time
      .prefault('110s')
      // A trial commit of two minutes must be confirmed, or taken back, before the switch does it by itself.
      .refine(ms => ms >= 1000 && ms <= 115_000, 'must be from 1s to 115s')
      .describe('How long a call may take; Ironic gives up after 120 s.'),
    connect_time: time
      .prefault('10s')
      .refine(ms => ms >= 100, 'must be 100ms or more')
      .describe('How long a device, or a jump host, may take to take a connection.'),
    grace: time.prefault('60s').describe('How long running changes may go on after SIGTERM.'),
    log_level: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('The audit does not depend on it.'),
    auth: z
      .preprocess(listed, z.array(z.enum(AUTH_SCHEMES, SCHEMES), SCHEMES).min(1, SCHEMES))
      .prefault('none')
      .describe('How callers say who they are; the first of these that a request carries decides.'),
    users: z.string().min(1, 'must be a path').default('/etc/mercury/htpasswd').describe('htpasswd file of `basic`; bcrypt only.'),
    digest_users: z.string().min(1, 'must be a path').default('/etc/mercury/htdigest').describe('htdigest file of `digest`.'),
    tls_cert: pem.describe('PEM file with the certificate, then those of its issuers.'),
    tls_key: pem.describe('PEM file with its private key.'),
    tls_client_ca: pem.describe('PEM file with the authorities whose `certificate`s are believed.'),
    tls_minimum_version: z
      // Without quotes YAML reads a number.
      .preprocess(value => (typeof value === 'number' ? String(value) : value), z.enum(['1.2', '1.3'], VERSION).optional())
      .describe('1.2 when left out.'),
    tls_ciphers: z.string().refine(areCiphers, 'OpenSSL knows none of these ciphers').optional().describe('OpenSSL list.'),
    anyone_may_call: z
      .union([z.boolean(), z.stringbool()], 'must be true or false')
      .default(false)
      .describe('Listen on an address that others can reach, without authentication.'),
    // A conductor has up to 300 threads, and conductors may share a name.
    calls_at_once: count.default(256).describe('How many calls of one caller may run or wait at the same time.'),
    calls_per_minute: count.optional().describe('How many calls of one caller may come in a minute; no limit when left out.'),
    calls_at_most: count.default(512).describe('How many calls of all callers may run or wait at the same time.'),
    queue_at_most: count.default(100).describe('How many changes may wait for one device.'),
    changes_at_once: count.default(64).describe('How many of the changes that wait for one device are carried out in one visit.'),
    keep_session: time.prefault('60s').describe('How long a session may stand idle on a device, ready for the next change; 0s: none does.'),
    save_after: time
      .prefault('2s')
      .describe('How long a device must be left alone before it is saved; 0s: each visit saves what it changed.'),
    save_within: time.prefault('30s').describe('How long a change waits to be saved at most, however many follow it.'),
    lock: z.enum(LOCKS, LOCK).default('file').describe('What keeps other Mercurys off a device while this one changes it.'),
    lock_dir: pem.describe('Folder of the lock files; one of the user in the temporary folder when left out.'),
    etcd: z
      .preprocess(listed, z.array(z.url({ protocol: /^https?$/, error: ENDPOINTS }), ENDPOINTS).min(1, ENDPOINTS))
      .optional()
      .describe('The client URLs of its members, asked in turn.'),
    etcd_prefix: z.string().min(1).default('mercury/locks/').describe('What the keys of all locks begin with.'),
    etcd_user: z.string().min(1).optional().describe('A user of etcd who may read and write below the prefix.'),
    etcd_password_file: pem.describe('The password of that user is in this file.'),
    etcd_ca: pem.describe('PEM file with the authorities to believe.'),
    etcd_cert: pem.describe('PEM file with our certificate.'),
    etcd_key: pem.describe('PEM file with its private key.'),
  })
  .superRefine((config, context) => {
    for (const [key, why] of contradictionsIn(config)) context.addIssue({ code: 'custom', path: [key], message: why });
  });

export type Config = z.infer<typeof configSchema>;
export const CONFIG_KEYS: readonly string[] = Object.keys(configSchema.shape);

const PREFIX = 'MERCURY_';
/** Variables of the command line's own. */
const NO_SETTINGS = ['MERCURY_PASSWORD'];

/** The MERCURY_* variables as config keys: MERCURY_CALL_TIME is call_time. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(PREFIX) && !NO_SETTINGS.includes(name) && value !== undefined
        ? [[name.slice(PREFIX.length).toLowerCase(), value]]
        : [],
    ),
  );
}

/** Whether nobody but this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Settings that do not go together: the key to mend, and why. */
function contradictionsIn(config: Config): [key: string, why: string][] {
  const { auth, host, anyone_may_call, tls_cert, tls_key, tls_client_ca } = config;
  const others = auth.filter(scheme => scheme !== 'none');
  const certificate = auth.includes('certificate');
  const noTls = 'there is no TLS without tls_cert and tls_key';
  const rules: [wrong: boolean, key: string, why: string][] = [
    [new Set(auth).size < auth.length, 'auth', 'a scheme is there twice'],
    [others.length > 0 && others.length < auth.length, 'auth', `none lets everybody in: it cannot stand beside ${others.join(' and ')}`],
    [
      others.length === 0 && !anyone_may_call && !host.every(isLoopback),
      'host',
      'others can reach this address and nobody is authenticated: listen on 127.0.0.1, set auth, or say anyone_may_call: true',
    ],
    [others.length > 0 && anyone_may_call, 'anyone_may_call', `auth says ${others.join(' and ')}: take one of the two out`],
    [tls_cert !== undefined && tls_key === undefined, 'tls_cert', 'there is no tls_key for it'],
    [tls_key !== undefined && tls_cert === undefined, 'tls_key', 'there is no tls_cert for it'],
    [certificate && tls_cert === undefined, 'auth', 'certificate needs TLS: set tls_cert and tls_key'],
    [certificate && tls_client_ca === undefined, 'auth', 'certificate needs tls_client_ca, the authorities to believe'],
    [!certificate && tls_client_ca !== undefined, 'tls_client_ca', 'nobody is asked for a certificate: add certificate to auth'],
    [tls_cert === undefined && config.tls_minimum_version !== undefined, 'tls_minimum_version', noTls],
    [tls_cert === undefined && config.tls_ciphers !== undefined, 'tls_ciphers', noTls],
    ...lockRules(config),
  ];
  return rules.flatMap(([wrong, key, why]) => (wrong ? [[key, why]] : []));
}

function lockRules({ lock, lock_dir, etcd, ...config }: Config): [wrong: boolean, key: string, why: string][] {
  const pair = (one: 'etcd_user' | 'etcd_cert', other: 'etcd_password_file' | 'etcd_key'): [boolean, string, string] => [
    (config[one] === undefined) !== (config[other] === undefined),
    config[one] === undefined ? other : one,
    `there is no ${config[one] === undefined ? one : other} for it`,
  ];
  const tls = etcd?.some(url => url.startsWith('https:')) ?? false;
  return [
    [lock === 'etcd' && etcd === undefined, 'lock', 'etcd needs etcd, the URLs of its members'],
    [lock !== 'etcd' && etcd !== undefined, 'etcd', `lock says ${lock}: set lock to etcd, or take this out`],
    [lock !== 'file' && lock_dir !== undefined, 'lock_dir', `lock says ${lock}: take this out`],
    pair('etcd_user', 'etcd_password_file'),
    pair('etcd_cert', 'etcd_key'),
    [config.etcd_ca !== undefined && !tls, 'etcd_ca', 'no URL of etcd begins with https'],
  ];
}

function areCiphers(ciphers: string): boolean {
  try {
    createSecureContext({ ciphers });
    return ciphers !== '';
  } catch {
    return false;
  }
}
