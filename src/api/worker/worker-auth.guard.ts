import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { logger } from '../../logging';
import { BasicLogins } from '../auth/basic-logins';
import { EmptyAnswer } from './empty-answer';
import { JobTokens, type JobClaims } from './job-tokens';
import { ACCEPTED_SCHEMES, SCHEMES, type Scheme } from './schemes';

/** What `typ` a token must have to come with a scheme; Bearer tokens, made by the Job Board, have none. */
const TYPES: Readonly<Record<Exclude<Scheme, 'basic'>, string | undefined>> = {
  bearer: undefined,
  refresh: 'refresh',
  access: 'access',
};

const log = logger.child({ component: 'worker-api' });
const claimsOf = new WeakMap<Request, JobClaims>();

/**
 * Authenticates workers and builds (wire.md §2.1): Basic credentials, or a token that is about the very job in the path.
 *
 * Stricter than Travis Hub in what no legitimate caller does: the subject is always compared, `typ` must fit the scheme.
 */
@Injectable()
export class WorkerAuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: JobTokens,
    private readonly logins: BasicLogins,
  ) {}

  /**
   * @throws EmptyAnswer 401 without usable credentials, 400 for an unknown scheme, 403 for a token that is not good, 429
   *   when passwords are guessed from there
   */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    try {
      const accepted = this.reflector.get<readonly Scheme[]>(ACCEPTED_SCHEMES, context.getHandler());
      this.authenticate(request, accepted);
      return true;
    } catch (error) {
      if (error instanceof EmptyAnswer) {
        log.info({ path: request.path, status: error.status, reason: error.message }, 'a worker request was refused');
      }
      throw error;
    }
  }

  private authenticate(request: Request, accepted: readonly Scheme[]): void {
    const { authorization } = request.headers;
    if (authorization === undefined) throw new EmptyAnswer(401, 'there is no Authorization header');
    const [word = '', credentials = ''] = authorization.trim().split(/ +/, 2);
    const scheme = word.toLowerCase();
    if (!isScheme(scheme)) throw new EmptyAnswer(400, 'the scheme is not Basic, Bearer, Refresh or Access');
    if (scheme === 'basic') {
      const login = this.logins.check(request);
      if (login.kind === 'throttled') {
        throw new EmptyAnswer(429, 'too many wrong passwords came from its address', login.waitSeconds);
      }
      if (login.kind !== 'known') throw new EmptyAnswer(401, 'user or password is wrong');
    } else {
      claimsOf.set(request, this.claims(request, scheme, credentials));
    }
    if (!accepted.includes(scheme)) throw new EmptyAnswer(401, `this address is not for ${scheme} credentials`);
  }

  private claims(request: Request, scheme: Exclude<Scheme, 'basic'>, token: string): JobClaims {
    const claims = this.tokens.check(token);
    if (typeof claims === 'string') throw new EmptyAnswer(403, `the token is not good: ${claims}`);
    const expected = TYPES[scheme];
    if ((claims.typ ?? undefined) !== expected) {
      throw new EmptyAnswer(
        403,
        `a ${scheme} token must have ${expected === undefined ? 'no typ' : `typ ${expected}`}`,
      );
    }
    const { id } = request.params;
    if (id !== undefined && !isAbout(claims.sub, id)) throw new EmptyAnswer(403, 'the token is about another job');
    return claims;
  }
}

/** The claims of the token that a request came with. @throws Error when it came with Basic credentials. */
export function claimsFrom(request: Request): JobClaims {
  const claims = claimsOf.get(request);
  if (!claims) throw new Error('the request came without a token: the route must not accept Basic credentials');
  return claims;
}

/** No conversions: `1e3`, `007` and numbers beyond exactness are about no job. */
function isAbout(subject: unknown, id: string | string[]): boolean {
  if (typeof subject === 'number') return Number.isSafeInteger(subject) && String(subject) === id;
  return typeof subject === 'string' && subject === id;
}

function isScheme(word: string): word is Scheme {
  return (SCHEMES as readonly string[]).includes(word);
}
