import { Global, Module } from '@nestjs/common';
import { CONFIG, ConfigError, type Config } from '../config';
import { AddressGuard } from './address-guard';
import { AllowListError } from './errors';
import { GuardedHttp } from './guarded-http';
import { GuardedSockets } from './guarded-sockets';
import { EVERYWHERE, TrustedHttp, TrustedSockets } from './trusted';

/** Gives everybody the same clients; Nest closes those of HTTP when the application shuts down. */
@Global()
@Module({
  providers: [
    {
      provide: GuardedHttp,
      inject: [CONFIG],
      useFactory: ({ webhook }: Config) => checked(() => new GuardedHttp({ allowedHosts: webhook.allowedHosts })),
    },
    {
      provide: GuardedSockets,
      inject: [CONFIG],
      useFactory: ({ webhook }: Config) => checked(() => new GuardedSockets(new AddressGuard(webhook.allowedHosts))),
    },
    { provide: TrustedHttp, useFactory: () => new TrustedHttp({ allowedHosts: EVERYWHERE }) },
    { provide: TrustedSockets, useFactory: () => new TrustedSockets(new AddressGuard(EVERYWHERE)) },
  ],
  exports: [GuardedHttp, GuardedSockets, TrustedHttp, TrustedSockets],
})
export class HttpModule {}

/** @throws ConfigError when the list of allowed hosts cannot be used */
function checked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AllowListError)) throw error;
    throw new ConfigError([`HUB_WEBHOOK_ALLOWED_HOSTS cannot be used: ${error.message}`]);
  }
}
