/**
 * The clients: `GuardedHttp` and `GuardedSockets` reach what users named, without reaching internal addresses; their
 * trusted twins and `ServiceHttp` what the operator configured; `outcomeOfRequest` says what came of asking a service.
 * Consumes the configuration. Publishes nothing. Exposes them, their errors and a Nest module.
 */
export { AddressGuard } from './address-guard';
export { AllowListError, RequestFailed, RequestRefused } from './errors';
export { GuardedHttp, MAX_REDIRECTS } from './guarded-http';
export type { GuardedHttpOptions, HttpRequest, HttpResponse, PostRequest } from './guarded-http';
export { guardedFetch } from './guarded-fetch';
export { GuardedSockets, type SocketRequest } from './guarded-sockets';
export type { Method } from './hop';
export type { ResolveAll } from './guarded-connector';
export { HttpModule } from './http.module';
export { ServiceHttp, type ServiceRequest } from './service-http';
export { EVERYWHERE, TrustedHttp, TrustedSockets } from './trusted';
export { outcomeOfRequest, type Service } from './service-outcome';
