import * as kinds from '../kinds';
import { optional } from '../variable';

/** What Hub does by the clock. */
export const SWEEPS = {
  resetLimit: optional(
    {
      name: 'HUB_RESET_LIMIT',
      kind: kinds.wholeNumber(0, 1_000_000, 'resets'),
      help: 'A job that was reset so often, over at least HUB_RESET_LIMIT_HOURS, is errored instead of reset again. 0 turns that off.',
      example: '50',
    },
    50,
  ),
  resetLimitHours: optional(
    {
      name: 'HUB_RESET_LIMIT_HOURS',
      kind: kinds.wholeNumber(0, 23, 'hours'),
      help: 'How long ago the first reset must be before the limit counts.',
      example: '6',
    },
    6,
  ),
  staleHours: optional(
    {
      name: 'HUB_STALE_HOURS',
      kind: kinds.wholeNumber(0, 8_760, 'hours'),
      help: 'A job that is queued, received or started and was not touched for so long is errored. 0 turns that off.',
      example: '6',
    },
    6,
  ),
  staleMost: optional(
    {
      name: 'HUB_STALE_MOST',
      kind: kinds.wholeNumber(1, 100_000, 'jobs'),
      help: 'Most stale jobs that are errored in one minute.',
      example: '100',
    },
    100,
  ),
  doctorMinutes: optional(
    {
      name: 'HUB_DOCTOR_MINUTES',
      kind: kinds.wholeNumber(0, 1_440, 'minutes'),
      help: 'How often recent builds are looked at for contradictions, which are then mended. 0 turns that off.',
      example: '5',
    },
    5,
  ),
  doctorMost: optional(
    {
      name: 'HUB_DOCTOR_MOST',
      kind: kinds.wholeNumber(1, 10_000, 'findings'),
      help: 'Most contradictions that are mended in one look.',
      example: '100',
    },
    100,
  ),
  retentionDays: optional(
    {
      name: 'HUB_RETENTION_DAYS',
      kind: kinds.wholeNumber(1, 36_500, 'days'),
      help: 'How long finished events and deliveries are kept.',
      example: '90',
    },
    90,
  ),
} as const;
