import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function slack(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'slack',
      keys: { section: ['slack'], targets: ['rooms', 'room'] },
      pullRequests: 'unless-off',
      params: (targets, { template = null }) => ({ targets, template }),
    },
    deps,
  );
}
