/**
 * The HTTP API for builds and jobs.
 *
 * Consumes HTTP requests. Publishes `build:created` and `job:created` for the builds it makes; everything else goes as
 * a command through intake. Exposes the module, and `prepareHttp`, which the start of the application calls.
 */
export { ApiModule } from './api.module';
export { prepareHttp } from './http';
