/** What tests of every kind stand on: servers of their own, and waiting without sleeping. */
export { createTestBroker, type TestBroker } from './broker';
export { createTestDatabase, type TestDatabase } from './database';
export { eventually } from './eventually';
export { createTestRedis, type TestRedis } from './redis';
