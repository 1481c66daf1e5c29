import 'reflect-metadata';

import { loadDatabaseConfig } from './src/config';
import { HubDataSource } from './src/database/data-source';

/**
 * The data source, built from the environment: `typeorm migration:show -d dist/ormconfig.js`.
 *
 * The app and the tests build the same {@link HubDataSource} from their own configuration. Its options are in
 * `src/database/data-source.ts`, its entities and migrations in `src/database/schema.ts`.
 */
export default new HubDataSource(loadDatabaseConfig());
