/**
 * The guarded HTTP client: calls urls that users gave without reaching internal addresses.
 * Consumes the configuration. Publishes nothing. Exposes `GuardedHttp`, its errors and the Nest module.
 */
export { AllowListError, RequestFailed, RequestRefused } from './errors';
export { GuardedHttp, MAX_REDIRECTS } from './guarded-http';
export type { GuardedHttpOptions, HttpResponse, PostRequest } from './guarded-http';
export type { ResolveAll } from './guarded-connector';
export { HttpModule } from './http.module';
