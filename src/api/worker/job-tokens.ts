import { Inject, Injectable } from '@nestjs/common';
import type * as library from 'jsonwebtoken';
import { CLOCK, type Clock } from '../../contracts/clock';
import { CONFIG, type Config } from '../../config';
import { logger } from '../../logging';

/** Job Board, travis-build and Hub itself sign with it; nothing else is accepted (wire.md §2.1). */
const ALGORITHM = 'RS512';
/** How long an access token is good for, in seconds. */
const ACCESS_S = 10_800;

const log = logger.child({ component: 'worker-api' });

/** Takes a fortieth of a second to load: only who has a key shall pay for it. */
function tokenLibrary(): typeof library {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('jsonwebtoken') as typeof library;
}

/** What a token says that Hub looks at. */
export interface JobClaims {
  /** The job: its id as a number (travis-build) or as text (Job Board). */
  readonly sub: unknown;
  readonly typ: unknown;
  /** Makes a refresh token unique. */
  readonly rand: unknown;
  readonly site: unknown;
}

/** Checks the tokens that workers and builds come with, and makes those that builds are given. */
@Injectable()
export class JobTokens {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    if (config.tokens.publicKey === null) {
      log.info('workers in HTTP mode and builds are refused: JWT_RSA_PUBLIC_KEY is not set');
    }
  }

  /**
   * Checks signature and time.
   *
   * @returns the claims, or in a few words why the token is not good
   */
  check(token: string): JobClaims | string {
    const { publicKey } = this.config.tokens;
    if (publicKey === null) return 'no key is configured: set JWT_RSA_PUBLIC_KEY';
    try {
      const clockTimestamp = Math.floor(this.clock.now().getTime() / 1_000);
      const claims = tokenLibrary().verify(token, publicKey, { algorithms: [ALGORITHM], clockTimestamp });
      if (typeof claims === 'string') return 'it holds no claims';
      // Everybody's tokens end. One that does not was not made by any of them.
      if (typeof claims.exp !== 'number') return 'it never ends';
      // A subject may be a number, which the library's types do not know.
      return claims as unknown as JobClaims;
    } catch (error) {
      return error instanceof Error ? error.message : 'it cannot be read';
    }
  }

  /** Whether Hub can make tokens at all. */
  get canMake(): boolean {
    return this.config.tokens.privateKey !== null;
  }

  /**
   * Makes the access token that goes with a refresh token (wire.md §2.3).
   *
   * @throws Error without a private key
   */
  accessToken({ sub, site }: JobClaims): string {
    const { privateKey } = this.config.tokens;
    if (privateKey === null) throw new Error('JWT_RSA_PRIVATE_KEY is not set');
    const exp = Math.floor(this.clock.now().getTime() / 1_000) + ACCESS_S;
    const claims = { iss: 'hub', typ: 'access', sub, exp, site };
    return tokenLibrary().sign(claims, privateKey, { algorithm: ALGORITHM, noTimestamp: true });
  }
}
