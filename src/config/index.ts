/**
 * Configuration: parsed once from the environment, checked as a whole, never printed with its secrets (D12).
 * Consumes nothing. Publishes nothing. Exposes `CONFIG`, `loadConfig` and the types.
 */
export { CHANNEL_MODES, LOG_LEVELS } from './config';
export type { ChannelMode, Config, DatabaseConfig, LogConfig, LogFormat, LogLevel, MemcachedAddress } from './config';
export { CONFIG, ConfigModule } from './config.module';
export { ConfigError, namesInUse, type Environment } from './environment';
export { loadConfig, loadDatabaseConfig, loadProgramConfig, readChannelPackages } from './load';
export { loadSimulateConfig, type SimulateConfig } from './load-simulate';
export {
  fallbacksOf,
  type OptionalVariable,
  type OwnVariables,
  type RequiredVariable,
  type SettingsOf,
} from './variable';
export { DEFAULT_CHANNELS, VARIABLES } from './variables';
