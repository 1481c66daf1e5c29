import type { ChannelMode } from '../config';
import { CHANNELS } from './channels';
import { INTAKE } from './intake';
import { REDIS } from './redis';
import { SERVICES } from './services';
import { SERVING } from './serving';
import { SWEEPS } from './sweeps';

/** What channels do unless HUB_CHANNELS says otherwise, on a database of Hub's own. Channels not named here are off. */
export const DEFAULT_CHANNELS: Readonly<Record<string, ChannelMode>> = { webhook: 'deliver', log: 'off' };

/** Every variable Hub reads. There is no other place that reads the environment. */
export const VARIABLES = { ...INTAKE, ...SERVING, ...CHANNELS, ...SWEEPS, ...REDIS, ...SERVICES } as const;
