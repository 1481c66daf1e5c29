import { createPublicKey } from 'node:crypto';
import { Controller, Get, Inject } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { Public } from '../contracts/public.decorator';

/** The part of Travis CI's `GET /config` that receivers of webhooks read. */
export interface PublicConfigAnswer {
  readonly config: { readonly notifications: { readonly webhook: { readonly public_key: string | null } } };
}

/**
 * `GET /config`: where receivers fetch the key that verifies the `Signature` header, without credentials and in the
 * shape they know from the Travis CI API. The key is null when no signing key is configured: nothing is signed then.
 */
@Public()
@Controller('config')
export class PublicKeyController {
  private readonly answer: PublicConfigAnswer;

  constructor(@Inject(CONFIG) config: Config) {
    this.answer = { config: { notifications: { webhook: { public_key: publicKeyOf(config.webhook.signingKey) } } } };
  }

  @Get()
  read(): PublicConfigAnswer {
    return this.answer;
  }
}

function publicKeyOf(signingKey: string | null): string | null {
  return signingKey === null ? null : createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }).toString();
}
