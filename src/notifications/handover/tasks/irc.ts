import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function irc(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'irc',
      keys: { section: ['irc'], targets: ['channels', 'channel'] },
      pullRequests: 'never',
      params: (channels, { template = null }) => ({ channels, template }),
    },
    deps,
  );
}
