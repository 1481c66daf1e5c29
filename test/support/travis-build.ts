import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import type { TestDatabase } from './database';

/** As a Travis installation is configured; only its first 32 characters count. */
export const ENCRYPTION_KEY = 'secret'.repeat(10);

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const PUBLIC_KEY = publicKey;

/** What `travis encrypt` writes into a config. */
export function secure(text: string, key: string = publicKey): { secure: string } {
  return {
    secure: publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text)).toString('base64'),
  };
}

/** A column as a Travis installation encrypts it. */
export function encryptColumn(text: string): string {
  const iv = randomBytes(8).toString('hex');
  const cipher = createCipheriv('aes-256-cbc', ENCRYPTION_KEY.slice(0, 32), iv);
  const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), Buffer.from(iv)]);
  return `--ENCR--${bytes.toString('base64')}`;
}

/** Rows of a build with everything around it that other services are told of. */
export interface TravisBuild {
  readonly repositoryId: number;
  readonly buildId: number;
  readonly jobId: number;
  readonly stageId: number;
  readonly commitId: number;
  /** Owns the repository and may administer it. */
  readonly ownerId: number;
  /** May push; committed. */
  readonly committerId: number;
}

export interface TravisBuildShape {
  readonly config?: object;
  readonly eventType?: 'push' | 'pull_request';
}

let builds = 0;

/** Inserts a created build of one job in one stage, as the services of a Travis installation would. */
export async function insertTravisBuild(
  database: TestDatabase,
  { config = {}, eventType = 'push' }: TravisBuildShape = {},
): Promise<TravisBuild> {
  const insert = async (table: string, row: Readonly<Record<string, unknown>>): Promise<number> => {
    const columns = Object.keys(row);
    const [inserted] = await database.query<{ id: number }>(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING id`,
      Object.values(row),
    );
    return inserted!.id;
  };
  const made = { created_at: '2014-04-03T09:00:00.250', updated_at: '2014-04-03T09:00:00' };
  const user = (login: string, name: string) =>
    insert('users', {
      ...made,
      login,
      name,
      avatar_url: `https://avatars.example.org/${login}`,
      github_oauth_token: encryptColumn(`${login}-token`),
    });
  const ownerId = await user('svenfuchs', 'Sven Fuchs');
  const committerId = await user('rkh', 'Konstantin Haase');
  const repositoryId = await insert('repositories', {
    ...made,
    name: 'minimal',
    owner_name: 'svenfuchs',
    owner_email: 'sven@example.org',
    owner_type: 'User',
    owner_id: ownerId,
    url: 'https://github.com/svenfuchs/minimal',
    description: 'a minimal repository',
    active: true,
    github_id: 549_743 + builds++,
    github_language: 'Ruby',
    default_branch: 'master',
    vcs_id: '549743',
  });
  await insert('ssl_keys', {
    ...made,
    repository_id: repositoryId,
    public_key: publicKey,
    private_key: encryptColumn(privateKey),
  });
  for (const [user_id, login, admin] of [
    [ownerId, 'svenfuchs', true],
    [committerId, 'rkh', false],
  ] as const) {
    await insert('permissions', { user_id, repository_id: repositoryId, admin, push: true });
    await insert('emails', { ...made, user_id, email: `${login}@example.org` });
  }
  const commitId = await insert('commits', {
    ...made,
    repository_id: repositoryId,
    commit: '62aae5f70ceee39123ef',
    branch: 'master',
    message: 'the commit message',
    compare_url: 'https://github.com/svenfuchs/minimal/compare/a...b',
    committed_at: '2014-04-03T09:22:05',
    author_name: 'Sven Fuchs',
    author_email: 'svenfuchs@example.org',
    committer_name: 'Konstantin Haase',
    committer_email: 'rkh@example.org',
  });
  const requestId = await insert('requests', {
    ...made,
    repository_id: repositoryId,
    commit_id: commitId,
    event_type: eventType,
    token: 'request-token',
    head_commit: 'head1',
    base_commit: 'base1',
  });
  const pullRequestId =
    eventType === 'push'
      ? null
      : await insert('pull_requests', {
          ...made,
          repository_id: repositoryId,
          number: 7,
          title: 'Mend it',
          head_ref: 'patch-1',
        });
  const owned = { owner_type: 'User', owner_id: ownerId };
  const buildId = await insert('builds', {
    ...made,
    ...owned,
    repository_id: repositoryId,
    number: '2',
    state: 'created',
    previous_state: 'failed',
    event_type: eventType,
    branch: 'master',
    private: false,
    commit_id: commitId,
    request_id: requestId,
    pull_request_id: pullRequestId,
    pull_request_number: pullRequestId === null ? null : 7,
    pull_request_title: pullRequestId === null ? null : 'Mend it',
    sender_type: 'User',
    sender_id: committerId,
    config_id: await insert('build_configs', {
      repository_id: repositoryId,
      key: 'build',
      config: JSON.stringify(config),
    }),
  });
  await insert('branches', { ...made, repository_id: repositoryId, name: 'master', last_build_id: buildId });
  const stageId = await insert('stages', { build_id: buildId, number: 1, name: 'test', state: 'created' });
  const jobId = await insert('jobs', {
    ...made,
    ...owned,
    repository_id: repositoryId,
    commit_id: commitId,
    source_type: 'Build',
    source_id: buildId,
    stage_id: stageId,
    number: '2.1',
    state: 'created',
    queue: 'builds.gce',
    tags: 'fast',
    private: true,
    config_id: await insert('job_configs', {
      repository_id: repositoryId,
      key: 'job',
      config: JSON.stringify({ os: 'osx', virt: 'vm', vm: { size: 'large' }, env: ['A=b', { secure: 'eA==' }] }),
    }),
  });
  return { repositoryId, buildId, jobId, stageId, commitId, ownerId, committerId };
}
