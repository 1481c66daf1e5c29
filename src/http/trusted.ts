import { GuardedHttp } from './guarded-http';
import { GuardedSockets } from './guarded-sockets';

/** All addresses there are: what the operator configured may well be internal. */
export const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

/** The guarded client for hosts that the operator, and not a user, configured: every address may be reached. */
export class TrustedHttp extends GuardedHttp {}

/** As {@link TrustedHttp}, for protocols other than HTTP. */
export class TrustedSockets extends GuardedSockets {}
