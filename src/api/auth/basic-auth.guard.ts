import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { IS_PUBLIC } from '../../contracts/public.decorator';
import { Problem } from '../problems/problem';
import { BasicLogins } from './basic-logins';
import { rememberUser } from './current-user.decorator';

/** Asks for HTTP Basic credentials on every route that is not marked `@Public()`. */
@Injectable()
export class BasicAuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly logins: BasicLogins,
  ) {}

  /** @throws Problem 401 when the credentials are missing or unknown, 429 when passwords are guessed from there. */
  canActivate(context: ExecutionContext): boolean {
    // Messages of the broker pass through the same guards; the broker has checked who sends them.
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request>();
    const login = this.logins.check(request);
    switch (login.kind) {
      case 'known':
        rememberUser(request, login.user);
        return true;
      case 'throttled':
        throw tooManyFailures(login.waitSeconds);
      default:
        throw unauthorized(login.kind === 'unknown');
    }
  }
}

function tooManyFailures(waitSeconds: number): Problem {
  return new Problem('too-many-requests', {
    detail: `Too many wrong passwords came from your address. Wait ${waitSeconds} seconds and use the right one.`,
    headers: { 'Retry-After': String(waitSeconds) },
  });
}

function unauthorized(given: boolean): Problem {
  return new Problem('unauthorized', {
    detail: given
      ? 'User or password is wrong. Use one of the pairs in HTTP_BASIC_AUTH.'
      : 'This address needs a user and password. Send them with HTTP Basic authentication.',
    headers: { 'WWW-Authenticate': 'Basic realm="hub", charset="UTF-8"' },
  });
}
