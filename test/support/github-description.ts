import { readFileSync } from 'node:fs';
import Ajv, { type ValidateFunction } from 'ajv';
import { Misunderstanding, type ServiceCall } from './strict-service';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** A request that the description has. */
export interface Described {
  /** E.g. `POST /repos/{owner}/{repo}/statuses/{sha}`. */
  readonly route: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const FILE = '@octokit/openapi/generated/api.github.com.json';
/** RFC 3339, as far as GitHub writes and takes times. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * GitHub's own description of its API, as it publishes it: says whether a request is one that GitHub documents, and is
 * stricter than GitHub in that nothing may be sent that it does not name.
 */
export class GithubDescription {
  private readonly routes: readonly { method: string; template: string; pattern: RegExp; operation: Operation }[];

  /** @param methods only these operations are looked at, e.g. `POST /app/installations/{installation_id}/access_tokens` */
  constructor(routes: readonly string[]) {
    this.routes = routes.map((route) => {
      const [method = '', template = ''] = route.split(' ');
      const operation = github().description.paths[template]?.[method.toLowerCase()];
      if (!operation) throw new Error(`GitHub describes no ${route}.`);
      const pattern = new RegExp(`^${template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
      return { method, template, pattern, operation };
    });
  }

  /** @throws Misunderstanding when GitHub describes no such request */
  understand(call: ServiceCall): Described {
    const url = new URL(call.target, 'http://github.test');
    for (const { method, template, pattern, operation } of this.routes) {
      const match = method === call.method ? pattern.exec(url.pathname) : null;
      if (!match) continue;
      const route = `${method} ${template}`;
      const path = Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
      );
      const query = Object.fromEntries(url.searchParams);
      this.checkParameters(operation, { path, query });
      return { route, path, query, body: this.bodyOf(route, template, operation, call) };
    }
    throw new Misunderstanding(500, 'GitHub describes no such request');
  }

  private checkParameters(operation: Operation, given: Record<'path' | 'query', Record<string, string>>): void {
    const parameters = (operation.parameters ?? []).map((parameter) => resolve<Parameter>(parameter));
    for (const [place, values] of Object.entries(given)) {
      for (const [name, value] of Object.entries(values)) {
        const parameter = parameters.find((one) => one.in === place && one.name === name);
        if (!parameter) throw new Misunderstanding(500, `GitHub describes no ${place} parameter ${name}`);
        const holder = { value };
        const schema = { type: 'object', properties: { value: inGithub(parameter.schema) } };
        const { coercing } = github();
        if (!coercing.validate(schema, holder)) throw new Misunderstanding(500, `${name} ${coercing.errorsText()}`);
      }
    }
    for (const { in: place, name, required } of parameters) {
      if (required === true && !(name in given[place])) throw new Misunderstanding(500, `${place} misses ${name}`);
    }
  }

  private bodyOf(route: string, template: string, operation: Operation, call: ServiceCall): Described['body'] {
    const described = operation.requestBody?.content['application/json']?.schema;
    if (call.body.length === 0) {
      if (operation.requestBody?.required === true) throw new Misunderstanding(500, 'it has no body');
      return {};
    }
    if (!described) throw new Misunderstanding(500, 'it has a body, but GitHub describes none');
    if (!/^application\/json(; *charset=utf-8)?$/.test(call.headers['content-type'] ?? '')) {
      throw new Misunderstanding(500, `its content-type is ${call.headers['content-type'] ?? 'not given'}`);
    }
    const body = JSON.parse(call.body.toString('utf8')) as Record<string, unknown>;
    const validate = validatorOf(route, template);
    if (!validate(body)) throw new Misunderstanding(500, github().ajv.errorsText(validate.errors));
    const unknown = undescribed(body, described);
    if (unknown.length > 0) throw new Misunderstanding(500, `GitHub describes no ${unknown.join(', ')}`);
    return body;
  }
}

interface Github {
  readonly description: Description;
  readonly ajv: Ajv;
  /** For what stands in a url, where numbers are texts. */
  readonly coercing: Ajv;
}

/** Read once in a process: it is 13 MB. */
function github(): Github {
  if (known) return known;
  const description = JSON.parse(readFileSync(require.resolve(FILE), 'utf8')) as Description;
  const validator = (coerceTypes: boolean): Ajv => {
    const ajv = new Ajv({ strict: false, validateSchema: false, coerceTypes });
    return ajv.addFormat('date-time', DATE_TIME).addFormat('int64', true).addSchema(description, 'github');
  };
  known = { description, ajv: validator(false), coercing: validator(true) };
  return known;
}
let known: Github | undefined;

function validatorOf(route: string, template: string): ValidateFunction {
  const [method = ''] = route.split(' ');
  const path = ['paths', template, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'];
  const pointer = path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const validator = validators.get(route) ?? github().ajv.compile({ $ref: `github#/${pointer}` });
  validators.set(route, validator);
  return validator;
}
const validators = new Map<string, ValidateFunction>();

function resolve<T extends { readonly $ref?: string }>(thing: T): T {
  if (thing.$ref === undefined) return thing;
  const path = thing.$ref.replace(/^#\//, '').split('/');
  return path.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], github().description) as T;
}

/** A schema of the description outside of it. */
function inGithub(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : { ...schema, $ref: `github${schema.$ref}` };
}

/** Paths of all that the schema does not name. */
function undescribed(value: unknown, schema: Schema | undefined, path = ''): string[] {
  const { properties, items } = schema ? resolve<Schema>(schema) : {};
  if (Array.isArray(value)) return value.flatMap((one, index) => undescribed(one, items, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    name in properties ? undescribed(part, properties[name], `${path}.${name}`) : [`${path}.${name}`],
  );
}
