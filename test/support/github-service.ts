import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { verify } from 'jsonwebtoken';
import { GithubDescription, type Described } from './github-description';
import { Misunderstanding, StrictService, type Failure, type ServiceCall, type Understood } from './strict-service';

const ROUTES = [
  'POST /app/installations/{installation_id}/access_tokens',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
  'POST /repos/{owner}/{repo}/check-runs',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
] as const;

/** GitHub keeps so many statuses of one commit and context. */
const MOST_STATUSES = 1_000;
const LONGEST_DESCRIPTION = 140;
const TOKEN_LIFE_S = 3_600;
const JWT_LIFE_S = 600;

export interface GithubRepository {
  readonly id: number;
  readonly slug: string;
  readonly commits: Set<string>;
}

export interface RecordedStatus {
  readonly repository: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description?: string;
  readonly target_url?: string;
  /** Login of the user, or the app's name. */
  readonly by: string;
}

export interface RecordedRun {
  readonly id: number;
  readonly repository: number;
  readonly app: number;
  readonly head_sha: string;
  name: string;
  external_id: string;
  status: string;
  conclusion: string | null;
  started_at: string | null;
  completed_at: string | null;
  details_url: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
}

/** Who asks. */
interface Caller {
  /** Counted for rate limits. */
  readonly name: string;
  readonly installation?: Installation;
  /** What a user may write to. */
  readonly repositories: ReadonlySet<number>;
}

interface Installation {
  readonly id: number;
  readonly app: number;
  readonly permissions: Readonly<Record<string, string>>;
  readonly repositories: ReadonlySet<number>;
  suspended: boolean;
}

/** Limits that a test puts on a caller. A primary one is over when it is reset (seconds since 1970). */
export type Limit =
  | { readonly kind: 'primary'; readonly resetAt: number }
  | { readonly kind: 'secondary'; readonly retryAfterS?: number };

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

/** The app that tests are. */
export const APP = { id: 10_131, privateKey } as const;

/**
 * GitHub, as far as Hub calls it: takes only requests that GitHub describes ({@link GithubDescription}) from callers who
 * may make them, and keeps statuses and check runs by GitHub's rules. What it is told is read off its lists.
 */
export class GithubService extends StrictService {
  readonly statuses: RecordedStatus[] = [];
  readonly runs: RecordedRun[] = [];
  /** Everybody who is limited now, by installation id or login. */
  readonly limits = new Map<string, Limit>();
  /** Requests by caller, also those refused. */
  readonly requests: string[] = [];
  /** How many were refused because their caller was limited. */
  turnedAway = 0;
  private readonly description = new GithubDescription(ROUTES);
  private readonly repositories: GithubRepository[] = [];
  private readonly installations = new Map<number, Installation>();
  private readonly tokens = new Map<string, { caller: Caller; expiresAt: number }>();
  private ids = 0;

  /** @param prefix of every path, e.g. `/api/v3` as GitHub Enterprise Server has it */
  constructor(private readonly prefix = '') {
    super();
  }

  /** What GITHUB_API_URL is set to. */
  get url(): string {
    return `${this.origin}${this.prefix}`;
  }

  repository(id: number, slug: string, ...commits: string[]): void {
    this.repositories.push({ id, slug, commits: new Set(commits) });
  }

  /** As after a push with force: the commit is gone. */
  forget(sha: string): void {
    for (const { commits } of this.repositories) commits.delete(sha);
  }

  /** Installs the app for repositories, with these permissions besides reading their names. */
  install(
    id: number,
    repositories: readonly number[],
    permissions: Readonly<Record<string, string>> = { checks: 'write', statuses: 'write' },
  ): Installation {
    const installation = {
      id,
      app: APP.id,
      permissions: { metadata: 'read', ...permissions },
      repositories: new Set(repositories),
      suspended: false,
    };
    this.installations.set(id, installation);
    return installation;
  }

  /** A user's OAuth token with the scope `repo:status`, for repositories that the user may push to. */
  user(login: string, token: string, ...repositories: number[]): void {
    this.tokens.set(token, { caller: { name: login, repositories: new Set(repositories) }, expiresAt: Infinity });
  }

  /** Makes all tokens of installations invalid that were given out so far. */
  revokeInstallationTokens(): void {
    for (const [token, { caller }] of this.tokens) if (caller.installation) this.tokens.delete(token);
  }

  /** Every token that was given out or is known. None of them may ever be seen in what Hub keeps. */
  get secrets(): readonly string[] {
    return [...this.tokens.keys(), ...this.given];
  }
  private readonly given: string[] = [];

  protected understand(call: ServiceCall): Understood {
    if (!call.target.startsWith(this.prefix)) throw new Misunderstanding(500, `it is not below ${this.prefix}`);
    expectGithubHeaders(call);
    const described = this.description.understand({
      ...call,
      target: this.byName(call.target.slice(this.prefix.length)),
    });
    if (described.route === ROUTES[0]) return () => this.giveToken(call, described);
    return () => this.asCaller(call, (caller) => this.carryOut(described, caller));
  }

  /** A repository's id leads to it as its name does; GitHub gives such urls out itself, in redirects and in pages. */
  private byName(target: string): string {
    const match = /^\/repositories\/(\d+)(\/.*)$/.exec(target);
    if (!match) return target;
    const known = this.repositories.find(({ id }) => id === Number(match[1]));
    return `/repos/${known?.slug ?? 'nobody/nothing'}${match[2]}`;
  }

  private giveToken({ headers }: ServiceCall, { path }: Described): Failure {
    const jwt = /^bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
    try {
      const {
        iat = 0,
        exp = 0,
        iss,
      } = verify(jwt, createPublicKey(publicKey), { algorithms: ['RS256'] }) as {
        iat?: number;
        exp?: number;
        iss?: unknown;
      };
      if (String(iss) !== String(APP.id) || exp - iat > JWT_LIFE_S) throw new Error();
    } catch {
      return refusal(401, 'A JSON web token could not be decoded');
    }
    const installation = this.installations.get(Number(path['installation_id']));
    if (!installation) return refusal(404, 'Not Found');
    if (installation.suspended) return refusal(403, 'This installation has been suspended');
    const token = `ghs_${randomBytes(18).toString('hex')}`;
    const expiresAt = Date.now() + TOKEN_LIFE_S * 1000;
    const { id, permissions, repositories } = installation;
    this.given.push(token);
    this.tokens.set(token, { caller: { name: String(id), installation, repositories }, expiresAt });
    return answer(201, {
      token,
      expires_at: new Date(expiresAt).toISOString(),
      permissions,
      repository_selection: 'selected',
    });
  }

  private asCaller({ headers }: ServiceCall, carryOut: (caller: Caller) => Failure): Failure {
    const token = /^(?:token|bearer) (.+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? '';
    const known = this.tokens.get(token);
    if (!known || known.expiresAt < Date.now()) return refusal(401, 'Bad credentials');
    this.requests.push(known.caller.name);
    const limit = this.limits.get(known.caller.name);
    if (limit && !(limit.kind === 'primary' && limit.resetAt * 1_000 <= Date.now())) {
      this.turnedAway += 1;
      return limited(limit);
    }
    const { status, body, headers: own } = carryOut(known.caller);
    const usual = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '4102444800' };
    return { status, ...(body !== undefined && { body }), headers: { ...usual, ...own } };
  }

  private carryOut({ route, path, query, body }: Described, caller: Caller): Failure {
    const slug = `${path['owner']}/${path['repo']}`;
    const repository = this.repositories.find((one) => one.slug === slug);
    if (!repository || !caller.repositories.has(repository.id)) return refusal(404, 'Not Found');
    if (route === ROUTES[1]) return this.createStatus(repository, path['sha'] ?? '', body, caller);
    if (!caller.installation) return refusal(403, 'You must authenticate via a GitHub App.');
    if (route === ROUTES[2]) return this.listRuns(repository, path['ref'] ?? '', query, caller.installation);
    if (caller.installation.permissions['checks'] !== 'write') return notByIntegration();
    if (route === ROUTES[3]) return this.createRun(repository, body, caller.installation);
    return this.updateRun(Number(path['check_run_id']), body, caller.installation);
  }

  private createStatus(repository: GithubRepository, sha: string, body: Described['body'], by: Caller): Failure {
    if (by.installation && by.installation.permissions['statuses'] !== 'write') return notByIntegration();
    if (!repository.commits.has(sha)) return refusal(422, `No commit found for SHA: ${sha}`);
    const status = body as Pick<RecordedStatus, 'state' | 'target_url' | 'description'> & { readonly context?: string };
    const { context = 'default', description = '' } = status;
    const same = this.statusesOf(repository.id, sha, context);
    if (same.length >= MOST_STATUSES) {
      return refusal(422, 'Validation Failed', [
        {
          message: 'This SHA and context has reached the maximum number of statuses.',
          resource: 'Status',
          code: 'custom',
        },
      ]);
    }
    if (description.length > LONGEST_DESCRIPTION) throw new Misunderstanding(500, 'the description is too long');
    this.statuses.push({ ...status, repository: repository.id, sha, context, by: by.name });
    return answer(201, { id: ++this.ids, state: status.state, context });
  }

  statusesOf(repository: number, sha: string, context: string): readonly RecordedStatus[] {
    return this.statuses.filter((one) => one.repository === repository && one.sha === sha && one.context === context);
  }

  private listRuns(repository: GithubRepository, ref: string, query: Described['query'], by: Installation): Failure {
    if (!('checks' in by.permissions)) return notByIntegration();
    const { check_name: name, app_id: app, filter = 'latest', per_page: size = '30', page = '1' } = query;
    const fitting = this.runs
      .filter((run) => run.repository === repository.id && run.head_sha === ref)
      .filter((run) => (name === undefined || run.name === name) && (app === undefined || run.app === Number(app)))
      .sort((a, b) => b.id - a.id)
      .filter((run, nth, all) => filter === 'all' || all.findIndex((one) => one.name === run.name) === nth);
    const [from, to] = [(Number(page) - 1) * Number(size), Number(page) * Number(size)];
    const check_runs = fitting.slice(from, to).map(({ app: id, ...run }) => ({ ...run, app: { id } }));
    return answer(200, { total_count: fitting.length, check_runs });
  }

  private createRun(repository: GithubRepository, body: Described['body'], by: Installation): Failure {
    const { head_sha: sha, ...rest } = body as { head_sha: string };
    if (!repository.commits.has(sha)) return refusal(422, `No commit found for SHA: ${sha}`);
    const run: RecordedRun = {
      id: ++this.ids,
      repository: repository.id,
      app: by.app,
      head_sha: sha,
      name: '',
      external_id: '',
      status: 'queued',
      conclusion: null,
      started_at: null,
      completed_at: null,
      details_url: null,
      output: { title: null, summary: null, text: null },
    };
    this.runs.push(change(run, rest));
    return answer(201, run);
  }

  private updateRun(id: number, body: Described['body'], by: Installation): Failure {
    const run = this.runs.find((one) => one.id === id);
    if (!run) return refusal(404, 'Not Found');
    if (run.app !== by.app)
      return refusal(
        403,
        `Invalid app_id \`${by.app}\` - check run can only be modified by the GitHub App that created it.`,
      );
    const reopens = run.status === 'completed' && body['status'] !== 'completed';
    if (reopens) throw new Misunderstanding(500, 'a completed check run cannot be opened again');
    return answer(200, change(run, body));
  }
}

/** A conclusion completes a run, whatever its status was; without a time it is now. */
function change(
  run: RecordedRun,
  { output, ...rest }: { readonly output?: object } & Readonly<Record<string, unknown>>,
): RecordedRun {
  Object.assign(run, rest, { output: { ...run.output, ...output } });
  if (run.conclusion !== null) run.status = 'completed';
  if (run.status === 'completed') {
    if (run.conclusion === null) throw new Misunderstanding(500, 'a completed check run needs a conclusion');
    run.completed_at ??= new Date().toISOString();
  }
  return run;
}

/** What GitHub asks of every request: who calls, which kind of answer, and a version of the API that exists. */
function expectGithubHeaders({ headers }: ServiceCall): void {
  if ((headers['user-agent'] ?? '') === '') throw new Misunderstanding(403, 'it has no User-Agent');
  if (!/^application\/(vnd\.github\.[\w.+-]*json|json)$/.test(headers['accept'] ?? '')) {
    throw new Misunderstanding(415, `its accept is ${headers['accept'] ?? 'not given'}`);
  }
  const version = headers['x-github-api-version'];
  if (version !== '2022-11-28') throw new Misunderstanding(400, `its API version is ${version ?? 'not given'}`);
}

function limited(limit: Limit): Failure {
  if (limit.kind === 'primary') {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(limit.resetAt) };
    return refusal(403, 'API rate limit exceeded for installation ID 7.', undefined, headers);
  }
  const headers = limit.retryAfterS === undefined ? {} : { 'retry-after': String(limit.retryAfterS) };
  return refusal(403, 'You have exceeded a secondary rate limit. Please wait.', undefined, headers);
}

function notByIntegration(): Failure {
  return refusal(403, 'Resource not accessible by integration');
}

function refusal(status: number, message: string, errors?: readonly object[], headers = {}): Failure {
  return {
    ...answer(status, { message, errors, documentation_url: 'https://docs.github.com/rest' }),
    headers: { ...JSON_HEADERS, ...headers },
  };
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

function answer(status: number, body: object): Failure {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(body) };
}
