/**
 * The HTTP clients: `GuardedHttp` calls urls that users gave without reaching internal addresses, `ServiceHttp` a service
 * whose address the operator configured.
 * Consumes the configuration. Publishes nothing. Exposes both, their errors and the Nest module of the guarded one.
 */
export { AllowListError, RequestFailed, RequestRefused } from './errors';
export { GuardedHttp, MAX_REDIRECTS } from './guarded-http';
export type { GuardedHttpOptions, HttpResponse, PostRequest } from './guarded-http';
export type { ResolveAll } from './guarded-connector';
export { HttpModule } from './http.module';
export { ServiceHttp, type ServiceRequest } from './service-http';
