import { configureLogging } from '../../src/logging';

// Failing tests say what went wrong themselves. HUB_TEST_LOG=debug shows what Hub has to say.
configureLogging({ level: (process.env.HUB_TEST_LOG as 'debug' | undefined) ?? 'silent', format: 'pretty' });
