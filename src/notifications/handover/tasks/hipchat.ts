import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function hipchat(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'hipchat',
      keys: { section: ['hipchat'], targets: ['rooms', 'room'] },
      pullRequests: 'unless-off',
      // A list, as Travis Hub makes of every text; it sent the rooms when no format was given.
      params: (targets, { template = null, format }) => ({
        targets,
        template,
        format: typeof format === 'string' ? [format] : null,
      }),
    },
    deps,
  );
}
