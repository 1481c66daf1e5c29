import { expectHeaders, Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

const AGREED = {
  user: 'hub',
  password: 'a pass/word',
  key: 'artifact-manager-key',
  token: 'merge-token',
  project: '5f3a0c0c2ab9',
  writeKey: 'keen-write-key',
};

/** What each service is called with: method, path as far as it is given, and the header that says who asks. */
const REQUESTS: Readonly<Record<string, { method: string; path: RegExp; authorization: string; user?: RegExp }>> = {
  trace: { method: 'POST', path: /^\/trace\?source=hub$/, authorization: basic(AGREED.user, AGREED.password) },
  image: {
    method: 'PATCH',
    path: /^\/image\/(user|organization)\/[1-9]\d*\/[^/?]+$/,
    authorization: basic('_', AGREED.key),
    user: /^\d*$/,
  },
  merge: {
    method: 'POST',
    path: /^\/merge\/(job|build)\/[1-9]\d*\/import$/,
    authorization: `token ${AGREED.token}`,
  },
  keen: { method: 'POST', path: /^\/keen\/3\.0\/projects\/5f3a0c0c2ab9\/events$/, authorization: AGREED.writeKey },
};

/**
 * The trace processor, the artifact manager, merge and Keen at one address: takes what Travis Hub sends them (wire.md
 * §5.5), with exactly its headers, and keeps it.
 */
export class AddressedServices extends StrictService {
  /** Settings that make Hub tell all of them. */
  get environment(): Record<string, string> {
    const withUser = new URL(this.origin);
    withUser.username = AGREED.user;
    withUser.password = AGREED.password;
    return {
      TRACEPROC_ENABLED: 'true',
      TRACEPROC_URL: withUser.href.replace(/\/$/, ''),
      ARTIFACT_MANAGER_URL: this.origin,
      ARTIFACT_MANAGER_AUTH_KEY: AGREED.key,
      NOTIFY_MERGE: '1',
      MERGE_API_URL: `${this.origin}/merge`,
      MERGE_API_TOKEN: AGREED.token,
      KEEN_PROJECT_ID: AGREED.project,
      KEEN_WRITE_KEY: AGREED.writeKey,
      KEEN_API_URL: `${this.origin}/keen`,
    };
  }

  /** What was asked of a service (`trace`, `image`, `merge` or `keen`): the path and the decoded body, in order. */
  told(service: string): { path: string; user?: string; body: unknown }[] {
    return this.calls
      .filter(({ target }) => target.startsWith(`/${service}`))
      .map(({ target, headers, body }) => ({
        path: target,
        ...('x-travis-user-id' in headers && { user: headers['x-travis-user-id'] }),
        body: JSON.parse(body.toString('utf8')) as unknown,
      }));
  }

  protected understand(call: ServiceCall): Understood {
    const expected = REQUESTS[call.target.split(/[/?]/)[1] ?? ''];
    if (!expected?.path.test(call.target)) throw new Misunderstanding(404, 'there is nothing of that name');
    if (call.method !== expected.method) throw new Misunderstanding(405, `it is a ${call.method}`);
    const user = call.headers['x-travis-user-id'] ?? '';
    if (expected.user && !expected.user.test(user)) throw new Misunderstanding(400, `the user is ${user}`);
    expectHeaders(call, {
      authorization: expected.authorization,
      'content-type': 'application/json',
      'content-length': String(call.body.length),
      ...(expected.user && { 'x-travis-user-id': user }),
    });
    JSON.parse(call.body.toString('utf8'));
    return () => ({ status: 200, body: '{}' });
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
