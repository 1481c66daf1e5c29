import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Config } from '../config';

/** Prepares the HTTP platform for the API; call it between creating the application and starting it. */
export function prepareHttp(app: NestExpressApplication, config: Config): void {
  app.useBodyParser('json', { limit: config.http.bodyLimitBytes });
  app.disable('x-powered-by');
}
