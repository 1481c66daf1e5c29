import type { Check } from '../check';
import { NUMBERING_CHECKS } from './numbering';
import { QUEUEABLE_CHECKS } from './queueable';
import { ROLL_UP_CHECKS } from './roll-up';
import { STUCK_CHECKS } from './stuck';
import { TOLD_CHECKS } from './told';

/**
 * Everything that is checked, in the order in which it is mended: first what would make a message fail, then what was
 * lost, then what contradicts what.
 */
export const CHECKS: readonly Check[] = [
  ...NUMBERING_CHECKS,
  ...STUCK_CHECKS,
  ...TOLD_CHECKS,
  ...ROLL_UP_CHECKS,
  ...QUEUEABLE_CHECKS,
];
