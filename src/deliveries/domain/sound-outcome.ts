import type { DeliveryOutcome } from '../../contracts/delivery';

const KINDS: ReadonlySet<unknown> = new Set(['delivered', 'retry', 'rejected', 'dropped']);

/**
 * What a deliverer returned, in a form that can be kept. Channels are written by many people, and one number that is none
 * would keep the outcomes of everybody else from being written with it.
 */
export function soundOutcome(outcome: unknown): DeliveryOutcome {
  const { kind, reason, afterMs, code, response } = (outcome ?? {}) as Record<string, unknown>;
  if (!KINDS.has(kind)) {
    return { kind: 'retry', reason: 'The channel did not say what came of it: deliver() must return an outcome.' };
  }
  const said = {
    ...(Number.isInteger(code) && { code: code as number }),
    ...(typeof response === 'string' && { response }),
  };
  if (kind === 'delivered') return { kind, ...said };
  const why = typeof reason === 'string' && reason !== '' ? reason : 'The channel gave no reason.';
  if (kind === 'retry') return { kind, reason: why, ...said, ...(isPause(afterMs) && { afterMs }) };
  return kind === 'rejected' ? { kind, reason: why, ...said } : { kind: 'dropped', reason: why };
}

function isPause(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
