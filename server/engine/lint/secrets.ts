/**
 * Forms that secrets take in configurations of many vendors: hashes as crypt writes them, those that can be undone ($8$, $9$), private keys
 * in PEM, numbered passwords and keys (`key 7 …`), communities of SNMP. A `{{value}}` is none.
 */
const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['a password’s hash', /\$(?:1|5|6|8|9|14|y|2[abxy])\$[\w./$+=-]{6,}/],
  ['a password', /\b(?:enable|username \S+(?: privilege \d+)?) (?:secret|password) (?!\{\{)(?:\d+ )?\S{3,}/],
  ['a password', /\b(?:key|secret|password) (?:0|5|7|8|9) (?!\{\{)\S{4,}/],
  ['a community', /\bsnmp(?:-server)? community (?!\{\{)\S+/],
];

/** What kind of secret a line holds, if it holds one. */
export const secretIn = (text: string): string | undefined => SECRETS.find(([, pattern]) => pattern.test(text))?.[0];
