import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { GuardedHttp } from './guarded-http';

/** Gives everybody the one guarded HTTP client; Nest closes it when the application shuts down. */
@Global()
@Module({
  providers: [
    {
      provide: GuardedHttp,
      inject: [CONFIG],
      useFactory: (config: Config) => new GuardedHttp({ allowedHosts: config.webhook.allowedHosts }),
    },
  ],
  exports: [GuardedHttp],
})
export class HttpModule {}
