import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { CONFIG, type Config } from '../../config';
import { IS_PUBLIC } from '../../contracts/public.decorator';
import { Problem } from '../problems/problem';
import { CredentialBook, readBasicCredentials } from './credentials';
import { rememberUser } from './current-user.decorator';

/** Asks for HTTP Basic credentials on every route that is not marked `@Public()`. */
@Injectable()
export class BasicAuthGuard implements CanActivate {
  private readonly book: CredentialBook;

  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIG) config: Config,
  ) {
    this.book = new CredentialBook(config.http.basicAuth);
  }

  /** @throws Problem 401 when the credentials are missing or unknown. */
  canActivate(context: ExecutionContext): boolean {
    // Messages of the broker pass through the same guards; the broker has checked who sends them.
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const credentials = readBasicCredentials(request.headers.authorization);
    const user = credentials && this.book.find(credentials);
    if (user === null) throw unauthorized(credentials !== null);
    rememberUser(request, user);
    return true;
  }
}

function unauthorized(given: boolean): Problem {
  return new Problem('unauthorized', {
    detail: given
      ? 'User or password is wrong. Use one of the pairs in HTTP_BASIC_AUTH.'
      : 'This address needs a user and password. Send them with HTTP Basic authentication.',
    headers: { 'WWW-Authenticate': 'Basic realm="hub", charset="UTF-8"' },
  });
}
