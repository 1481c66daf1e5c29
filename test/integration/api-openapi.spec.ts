import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROBLEMS } from '../../src/api/problems/problem';
import { createBuildSchema } from '../../src/api/requests/create-build.schema';
import { queueJobSchema, reasonSchema } from '../../src/api/requests/other.schemas';
import { Batcher } from '../../src/intake';
import { buildBody, startApiApp, type ApiApp } from './api-app';
import { mismatches, resolve, type JsonSchema, type OpenApi } from '../support/json-schema';

const file = join(__dirname, '../../docs/openapi.yaml');
const document = parse(readFileSync(file, 'utf8')) as OpenApi;

describe('docs/openapi.yaml', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  it('describes exactly the routes that there are', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(routesOf(hub).sort()).toEqual(described.sort());
  });

  it('refers to nothing that is missing', () => {
    const references = [...readFileSync(file, 'utf8').matchAll(/\$ref: '([^']+)'/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) expect(resolve(document, reference)).toBeDefined();
  });

  it('lists every type of problem', () => {
    const types = document.components.schemas.Problem?.properties?.type?.enum;
    expect(types).toEqual(Object.keys(PROBLEMS).map((name) => `urn:hub:problem:${name}`));
  });

  it.each([
    ['CreateBuild', createBuildSchema],
    ['QueueJob', queueJobSchema],
    ['Reason', reasonSchema],
  ])('says of %s what the check of requests says', (name, schema) => {
    const checked = z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    expect(outline(document.components.schemas[name] as JsonSchema)).toEqual(outline(checked));
  });

  it('is served as it is', async () => {
    const answer = await hub.get('/api/openapi.yaml').buffer(true);
    expect(answer.headers['content-type']).toBe('application/yaml; charset=utf-8');
    expect(answer.text).toBe(readFileSync(file, 'utf8'));
  });

  describe('answers', () => {
    let build: { id: number; jobs: { id: number }[] };
    let job: number;

    beforeAll(async () => {
      const body = buildBody({ jobs: undefined, stages: [{ name: 'test', jobs: [{ config: { a: 1 } }, {}] }] });
      build = (await hub.post('/api/builds', body).expect(201)).body as typeof build;
      job = build.jobs[0]?.id ?? 0;
      const batcher = hub.app.get(Batcher, { strict: false });
      await batcher.submit({ subject: 'job', name: 'start', id: job, data: {}, run: { uuid: 'u', count: 1 } });
    });

    /** Where a live answer differs from what the document promises for its operation and status. */
    async function differences(call: ReturnType<ApiApp['get']>, path: string, method: 'get' | 'post', status: number) {
      const answer = await call;
      if (answer.status !== status) return [`${method} ${path} answered ${answer.status} instead of ${status}`];
      const operation = document.paths[path]?.[method];
      const promised = operation?.responses[status] ?? operation?.responses.default;
      const response = promised?.$ref === undefined ? promised : resolve(document, promised.$ref);
      const schema = (response as { content: Record<string, { schema: JsonSchema }> }).content[answer.type]?.schema;
      if (!schema) return [`${method} ${path} answered ${answer.type}, which is not described`];
      return mismatches(document, schema, answer.body);
    }

    it('look as described when all goes well', async () => {
      expect(await differences(hub.post('/api/builds', buildBody()), '/api/builds', 'post', 201)).toEqual([]);
      expect(await differences(hub.get('/api/builds?limit=1'), '/api/builds', 'get', 200)).toEqual([]);
      expect(await differences(hub.get(`/api/builds/${build.id}`), '/api/builds/{id}', 'get', 200)).toEqual([]);
      const timeline = hub.get(`/api/builds/${build.id}/timeline`);
      expect(await differences(timeline, '/api/builds/{id}/timeline', 'get', 200)).toEqual([]);
      expect(await differences(hub.get(`/api/jobs/${job}`), '/api/jobs/{id}', 'get', 200)).toEqual([]);
      expect(await differences(hub.get(`/api/jobs/${job}/timeline`), '/api/jobs/{id}/timeline', 'get', 200)).toEqual(
        [],
      );
      expect(
        await differences(hub.post(`/api/jobs/${build.jobs[1]?.id}/queue`), '/api/jobs/{id}/queue', 'post', 200),
      ).toEqual([]);
      expect(await differences(hub.post(`/api/jobs/${job}/cancel`), '/api/jobs/{id}/cancel', 'post', 200)).toEqual([]);
      // Now with side effects.
      expect(await differences(hub.get(`/api/jobs/${job}/timeline`), '/api/jobs/{id}/timeline', 'get', 200)).toEqual(
        [],
      );
      expect(await differences(hub.post(`/api/jobs/${job}/restart`), '/api/jobs/{id}/restart', 'post', 200)).toEqual(
        [],
      );
      expect(
        await differences(hub.post(`/api/builds/${build.id}/cancel`), '/api/builds/{id}/cancel', 'post', 200),
      ).toEqual([]);
      expect(
        await differences(hub.post(`/api/builds/${build.id}/restart`), '/api/builds/{id}/restart', 'post', 200),
      ).toEqual([]);
    });

    it('look as described when something is wrong', async () => {
      expect(await differences(hub.post('/api/builds', {}), '/api/builds', 'post', 400)).toEqual([]);
      expect(
        await differences(
          hub.post('/api/builds', buildBody({ repository: { id: 999_999 } })),
          '/api/builds',
          'post',
          422,
        ),
      ).toEqual([]);
      expect(await differences(hub.get('/api/builds/2000000000'), '/api/builds/{id}', 'get', 404)).toEqual([]);
      expect(await differences(hub.post(`/api/jobs/${job}/restart`), '/api/jobs/{id}/restart', 'post', 409)).toEqual(
        [],
      );
      expect(await differences(hub.anonymous('get', '/api/builds'), '/api/builds', 'get', 401)).toEqual([]);
    });
  });
});

describe('the comparison of answers with the document', () => {
  it.each([
    ['a key that is not described', { id: 1, slug: 'a/b', more: 1 }, 'more: is not described'],
    ['a key that is missing', { id: 1 }, 'slug: is missing'],
    ['another type', { id: '1', slug: null }, 'id: should be integer'],
  ])('notices %s', (_, value, mismatch) => {
    const schema: JsonSchema = {
      type: 'object',
      required: ['id', 'slug'],
      properties: { id: { type: 'integer' }, slug: { type: ['string', 'null'] } },
    };
    expect(mismatches(document, schema, value)).toEqual([mismatch]);
  });
});

/** `method /path` of every route below /api, and of those that workers, builds and mail programs call. */
function routesOf(hub: ApiApp): string[] {
  interface Layer {
    route?: { path: string; stack: { method: string }[] };
  }
  const express = hub.app.getHttpAdapter().getInstance();
  return (express.router as unknown as { stack: Layer[] }).stack.flatMap(({ route }) =>
    route && /^\/(api\b|jobs\b|mail\b|uptime$)/.test(route.path)
      ? [...new Set(route.stack.map(({ method }) => `${method} ${route.path}`))]
      : [],
  );
}

/** Names, needs and closedness of a schema, down to the leaves: what two ways of writing it have to share. */
function outline(schema: JsonSchema): unknown {
  const whole = schema.$ref === undefined ? schema : (resolve(document, schema.$ref) as JsonSchema);
  if (whole.items) return [outline(whole.items)];
  if (!whole.properties) return 'leaf';
  const properties = Object.entries(whole.properties).map(([name, inner]) => [name, outline(inner)] as const);
  return {
    closed: whole.additionalProperties === false,
    required: [...(whole.required ?? [])].sort(),
    properties: Object.fromEntries(properties),
  };
}
