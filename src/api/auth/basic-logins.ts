import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { CONFIG, type Config } from '../../config';
import { CredentialBook, readBasicCredentials } from './credentials';
import { FailedLogins } from './failed-logins';

/** What came of looking at the credentials of a request. */
export type Login =
  | { readonly kind: 'known'; readonly user: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown' }
  /** Passwords are guessed from where it came: not looked at. */
  | { readonly kind: 'throttled'; readonly waitSeconds: number };

/** Checks HTTP Basic credentials for every guard, and counts failures over all of them. */
@Injectable()
export class BasicLogins {
  private readonly book: CredentialBook;
  private readonly failed = new FailedLogins();

  constructor(@Inject(CONFIG) config: Config) {
    this.book = new CredentialBook(config.http.basicAuth);
  }

  check(request: Pick<Request, 'ip' | 'headers'>): Login {
    const credentials = readBasicCredentials(request.headers.authorization);
    if (credentials === null) return { kind: 'missing' };
    const address = request.ip ?? 'unknown';
    const fingerprint = this.book.fingerprint(credentials);
    const waitSeconds = this.failed.waitSeconds(address, fingerprint);
    if (waitSeconds > 0) return { kind: 'throttled', waitSeconds };
    const user = this.book.find(credentials);
    if (user === null) {
      this.failed.failed(address);
      return { kind: 'unknown' };
    }
    this.failed.succeeded(address, fingerprint);
    return { kind: 'known', user };
  }
}
