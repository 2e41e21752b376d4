import { Refusal } from './scheme.ts';

/** RFC 9110: name = token or quoted string; empty elements of the list say nothing. */
const PARAM = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+))[ \t]*(?=,|$)/y;

/** The parameters of an Authorization header, names in lower case. @throws Refusal 400 when it has others, or one twice */
export function readAuthParams(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  PARAM.lastIndex = 0;
  while (/[^\s,]/.test(text.slice(PARAM.lastIndex))) {
    const [, name, quoted, token] = PARAM.exec(text) ?? [];
    if (name === undefined || params.has(name.toLowerCase())) throw new Refusal(400, 'Could not parse Authorization header');
    params.set(name.toLowerCase(), token ?? (quoted ?? '').replace(/\\(.)/g, '$1'));
  }
  return params;
}
