import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { Config } from '../config';

/** Prepares the HTTP platform for the API; call it between creating the application and starting it. */
export function prepareHttp(app: NestExpressApplication, config: Config): void {
  app.set('trust proxy', config.http.trustProxy);
  // Nothing that Hub answers is a page that may load or be framed by anything; a route that is one says so itself.
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } }));
  app.useBodyParser('json', { limit: config.http.bodyLimitBytes });
}

const NOTHING = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };
