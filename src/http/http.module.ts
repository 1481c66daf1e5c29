import { Global, Module } from '@nestjs/common';
import { CONFIG, ConfigError, type Config } from '../config';
import { AllowListError } from './errors';
import { GuardedHttp } from './guarded-http';

/** Gives everybody the one guarded HTTP client; Nest closes it when the application shuts down. */
@Global()
@Module({
  providers: [
    {
      provide: GuardedHttp,
      inject: [CONFIG],
      useFactory: createHttp,
    },
  ],
  exports: [GuardedHttp],
})
export class HttpModule {}

/** @throws ConfigError when the list of allowed hosts cannot be used */
function createHttp({ webhook }: Config): GuardedHttp {
  try {
    return new GuardedHttp({ allowedHosts: webhook.allowedHosts });
  } catch (error) {
    if (!(error instanceof AllowListError)) throw error;
    throw new ConfigError([`HUB_WEBHOOK_ALLOWED_HOSTS cannot be used: ${error.message}`]);
  }
}
