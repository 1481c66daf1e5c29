/** True when a build builds a pull request. */
export function isPullRequest(facts: { readonly build: { readonly event_type: string | null } }): boolean {
  return facts.build.event_type === 'pull_request';
}

/** Whether an entry of a channel wants to hear of pull requests: yes, unless it says `on_pull_requests: false`. */
export function wantsPullRequests(settings: Readonly<Record<string, unknown>>): boolean {
  const value = settings['on_pull_requests'];
  if (typeof value === 'string') return !['false', 'no', 'off'].includes(value.trim().toLowerCase());
  return value !== null && value !== false;
}
