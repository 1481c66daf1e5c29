import type { Refusal } from './refusal';

const TRIED_AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Connectors of Microsoft Teams answer 200 whatever became of the card, and say in words what Teams answered them.
 * Workflows answer 202, or with a status that means what it says.
 */
export function refusalOfTeams(answer: {
  readonly status: number;
  readonly text: string;
  readonly bodySent: boolean;
}): Refusal | undefined {
  if (answer.status < 200 || answer.status > 299) return undefined;
  if (!answer.bodySent) {
    return { kind: 'rejected', reason: 'The webhook has moved, and the card was lost on the way: use its new url.' };
  }
  if (!answer.text.includes('Webhook message delivery failed')) return undefined;
  const code = Number(/HTTP error (\d{3})/.exec(answer.text)?.[1] ?? 503);
  return code >= 500 || TRIED_AGAIN.has(code)
    ? { kind: 'retry', reason: `Teams did not take the card now (${code}), which may pass: it is tried again.` }
    : { kind: 'rejected', reason: `Teams did not take the card (${code}): check that its channel is still there.` };
}
