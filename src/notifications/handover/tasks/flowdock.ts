import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function flowdock(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'flowdock',
      // travis-yml writes `api_token`, where Travis Hub looked for rooms only and told nobody.
      keys: { section: ['flowdock'], targets: ['rooms', 'api_token'] },
      pullRequests: 'never',
      params: (targets) => ({ targets }),
    },
    deps,
  );
}
