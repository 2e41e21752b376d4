/** Nested deeper than this, a body is an attack or a mistake; Ironic's own limit is 25. */
export const DEPTH_LIMIT = 25;

export type Body = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: 'not JSON' | 'too deep' };

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Reads a request body. The depth is looked at before JSON.parse builds anything. */
export function readBody(bytes: Uint8Array): Body {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return { ok: false, why: 'not JSON' };
  }
  if (depthOf(text) > DEPTH_LIMIT) return { ok: false, why: 'too deep' };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, why: 'not JSON' };
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}
