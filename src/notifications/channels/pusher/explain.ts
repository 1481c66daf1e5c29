import type { DeliveryOutcome } from '../../channel';

/**
 * Why a server did not take an event, in the operator's words.
 *
 * Who is not let in has been given wrong settings: that is mended within minutes, so it is tried again.
 *
 * @param bytes the size of the event's data
 */
export function explain(outcome: DeliveryOutcome, bytes: number): DeliveryOutcome {
  const { code, response } = 'code' in outcome ? outcome : { code: undefined, response: undefined };
  const reason = code === undefined ? undefined : reasonOf(code, bytes);
  if (code === undefined || reason === undefined) return outcome;
  const said = response === undefined ? {} : { response };
  return { kind: code === 413 ? 'rejected' : 'retry', reason, code, ...said };
}

function reasonOf(code: number, bytes: number): string | undefined {
  switch (code) {
    case 401:
      return 'The server does not accept the signature (401): check PUSHER_KEY, PUSHER_SECRET and the clock of this machine.';
    case 403:
      return 'The server lets the app do nothing (403): it may be disabled or over its quota.';
    case 404:
      return 'The server does not know the app (404): check PUSHER_APP_ID, PUSHER_HOST and PUSHER_CLUSTER.';
    case 413:
      return `The server takes no event with ${bytes} bytes of data (413): have it take 10 KiB, as Pusher does.`;
    default:
      return undefined;
  }
}

/** What came of several requests that make one delivery: it is done when all are. */
export function worst(outcomes: readonly DeliveryOutcome[]): DeliveryOutcome {
  const order: readonly DeliveryOutcome['kind'][] = ['retry', 'rejected', 'dropped', 'delivered'];
  const [first] = [...outcomes].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return first ?? { kind: 'dropped', reason: 'nobody may see the repository' };
}
