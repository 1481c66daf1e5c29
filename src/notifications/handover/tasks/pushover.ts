import { textValues } from '../../channel';
import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { chat } from './chat';

export function pushover(deps: HandoverDeps): Handover {
  return chat(
    {
      name: 'pushover',
      keys: { section: ['pushover'], targets: ['users', 'user'] },
      pullRequests: 'never',
      // travis-yml makes lists of both; the task takes one text each, and failed on lists.
      params: (users, { api_key, template }) => {
        const [key] = textValues(api_key);
        return key === undefined ? null : { users, api_key: key, template: oneText(template) };
      },
    },
    deps,
  );
}

function oneText(template: unknown): string | null {
  if (Array.isArray(template)) return template.join('\n');
  return typeof template === 'string' ? template : null;
}
