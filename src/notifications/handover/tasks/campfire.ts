import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function campfire(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'campfire',
      keys: { section: ['campfire'], targets: ['rooms', 'room'] },
      pullRequests: 'never',
      params: (targets, { template = null }) => ({ targets, template }),
    },
    deps,
  );
}
