/** The part of JSON Schema that the documents in docs/ use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly $ref?: string }>>;
}

/** A document that keeps its schemas as OpenAPI and AsyncAPI do. */
export interface Described {
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface OpenApi extends Described {
  readonly paths: Readonly<Record<string, Readonly<Record<'get' | 'post', Operation>>>>;
}

/** What a `#/…` reference stands for; undefined when it is missing. */
export function resolve(document: Described, reference: string): unknown {
  const steps = reference.replace('#/', '').split('/');
  return steps.reduce<unknown>((part, step) => (part as Record<string, unknown> | undefined)?.[step], document);
}

/**
 * Where a value differs from a schema; empty when it fits.
 *
 * Stricter than JSON Schema: a key that is not described is a mismatch unless `additionalProperties` is true, so that
 * the document cannot fall behind the answers.
 */
export function mismatches(document: Described, schema: JsonSchema, value: unknown, path = ''): string[] {
  const whole = flatten(document, schema);
  const at = path === '' ? 'the value' : path;
  if (whole.anyOf) {
    const fits = whole.anyOf.some((option) => mismatches(document, option, value, path).length === 0);
    return fits ? [] : [`${at}: fits none of the alternatives`];
  }
  if (whole.const !== undefined && value !== whole.const) return [`${at}: should be ${JSON.stringify(whole.const)}`];
  if (whole.enum && !whole.enum.includes(value)) return [`${at}: is none of ${JSON.stringify(whole.enum)}`];
  const types = whole.type === undefined ? [] : [whole.type].flat();
  if (types.length > 0 && !types.some((type) => isOfType(type, value)))
    return [`${at}: should be ${types.join(' or ')}`];
  if (Array.isArray(value)) {
    const { items } = whole;
    return items ? value.flatMap((item, index) => mismatches(document, items, item, join(path, String(index)))) : [];
  }
  return typeof value === 'object' && value !== null ? objectMismatches(document, whole, value, path) : [];
}

function objectMismatches(document: Described, schema: JsonSchema, value: object, path: string): string[] {
  const { properties = {}, required = [] } = schema;
  const missing = required.filter((name) => !(name in value)).map((name) => `${join(path, name)}: is missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const described = properties[name];
    if (described) return mismatches(document, described, inner, join(path, name));
    return schema.additionalProperties === true ? [] : [`${join(path, name)}: is not described`];
  });
  return [...missing, ...wrong];
}

/** A schema without references and with the parts of its `allOf` put together. */
function flatten(document: Described, schema: JsonSchema): JsonSchema {
  if (schema.$ref !== undefined) return flatten(document, resolve(document, schema.$ref) as JsonSchema);
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((part) => flatten(document, part));
  return {
    type: 'object',
    required: parts.flatMap((part) => part.required ?? []),
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, JsonSchema>,
  };
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`;
}
