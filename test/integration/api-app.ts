import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request, { type Test as Call } from 'supertest';
import { prepareHttp } from '../../src/api';
import { AppModule } from '../../src/app.module';
import { loadConfig, type Environment } from '../../src/config';
import { DatabaseState } from '../../src/database';
import { channelVariables } from '../../src/notifications';
import { createTestDatabase, type TestDatabase } from '../support';

const AUTHORIZATION = basic('alice', 'wonderland');

/** The whole of Hub without a broker, on a database of its own, called over HTTP. */
export interface ApiApp {
  readonly app: NestExpressApplication;
  readonly database: TestDatabase;
  get(path: string): Call;
  /** Sends a JSON body, or none. */
  post(path: string, body?: object): Call;
  /** A call without credentials. */
  anonymous(method: 'get' | 'post', path: string): Call;
  close(): Promise<void>;
  /** The rows of a query as JSON gives them: ids are numbers, times are text. */
  rows<T>(sql: string, ...params: unknown[]): Promise<T[]>;
}

/**
 * @param environment settings besides the usual ones of these tests
 * @param options.travis on a database that a Travis installation uses already
 * @param options.through what stands between Hub and its database, by its url
 */
export async function startApiApp(
  environment: Environment = {},
  options: { travis?: boolean; through?: (url: string) => Promise<string> } = {},
): Promise<ApiApp> {
  const database = await createTestDatabase(options);
  const settings = {
    DATABASE_URL: (await options.through?.(database.url)) ?? database.url,
    HTTP_BASIC_AUTH: 'alice:wonderland,bob:builder',
    HUB_HTTP_BODY_LIMIT: '200000',
    ...environment,
  };
  const config = loadConfig(settings, channelVariables());
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  prepareHttp(app, config);
  await app.listen(0, '127.0.0.1');
  await app.get(DatabaseState).waitUntilReady();
  const server: unknown = app.getHttpServer();
  const agent = request(server as Parameters<typeof request>[0]);
  return {
    app,
    database,
    get: (path) => agent.get(path).set('Authorization', AUTHORIZATION),
    post: (path, body) => agent.post(path).set('Authorization', AUTHORIZATION).send(body),
    anonymous: (method, path) => agent[method](path),
    rows: async <T>(sql: string, ...params: unknown[]) => {
      const list = `SELECT coalesce(json_agg(found), '[]') AS list FROM (${sql}) found`;
      const [row] = await database.query<{ list: T[] }>(list, params);
      return row?.list ?? [];
    },
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

/** The value of an `Authorization` header. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The smallest body of POST /api/builds, with changes. */
export function buildBody(changes: object = {}): object {
  return {
    repository: { owner_name: 'octo', name: 'app' },
    commit: { sha: '62aae5f70ceee39123ef62aae5f70ceee39123ef', message: 'Mend the tests' },
    branch: 'main',
    jobs: [{}],
    ...changes,
  };
}
