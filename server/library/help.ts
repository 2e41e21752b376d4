/** What the key at `path` is for, in the words of its schema (a JSON Schema); undefined where it has none. */
export function helpFor(schema: unknown, path: readonly PropertyKey[]): string | undefined {
  const found = at(schema, path.map(String), schema).find(node => typeof node.description === 'string' && node !== schema);
  return found?.description?.replace(/\.$/, '');
}

interface Node {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly unknown[];
  readonly allOf?: readonly unknown[];
}

/** Every form that the schema has for what stands there, the nearest first. */
function at(schema: unknown, [key, ...rest]: readonly string[], root: unknown): Node[] {
  const forms = formsOf(schema, root);
  if (key === undefined) return forms;
  return forms.flatMap(({ properties, additionalProperties, items }) => {
    const next = properties?.[key] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined) ?? items;
    return next === undefined ? [] : at(next, rest, root);
  });
}

/** A schema and what it refers to: a reference, the forms it allows. */
function formsOf(schema: unknown, root: unknown): Node[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const node = schema as Node;
  const referred = node.$ref?.startsWith('#/') ? formsOf(pointed(root, node.$ref), root) : [];
  return [node, ...referred, ...[...(node.allOf ?? []), ...(node.anyOf ?? [])].flatMap(form => formsOf(form, root))];
}

function pointed(root: unknown, ref: string): unknown {
  return ref
    .slice('#/'.length)
    .split('/')
    .reduce((node, key) => (node as Record<string, unknown> | undefined)?.[key], root as unknown);
}
