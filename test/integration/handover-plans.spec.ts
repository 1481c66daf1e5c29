import { HandoverScene } from '../support/handover-scene';
import { QueryPlans, type WastefulRead } from '../support/query-plan';
import { SentStatements, type SentStatement } from '../support/sent-statements';
import { insertStock } from '../support/stock-rows';
import { secure } from '../support/travis-build';

/** People and what belongs to repositories, as many as it takes for a scan to be the wrong choice. */
const PEOPLE: readonly string[] = [
  `INSERT INTO users (login, github_oauth_token, created_at, updated_at)
   SELECT 'old-' || n, md5(n::text), now(), now() FROM generate_series(1, 10000) n`,
  `INSERT INTO organizations (login, created_at, updated_at) SELECT login, now(), now() FROM users`,
  `INSERT INTO emails (user_id, email, created_at, updated_at) SELECT id, login || '@example.org', now(), now() FROM users`,
  `INSERT INTO permissions (user_id, repository_id, push) SELECT id, id, true FROM users`,
  `INSERT INTO email_unsubscribes (user_id, repository_id) SELECT user_id, repository_id FROM permissions`,
  `INSERT INTO hub.mail_unsubscribes (repository_id, address_hash) SELECT id, md5(id::text) FROM users`,
  `INSERT INTO installations (github_id, owner_type, owner_id) SELECT id, 'User', id FROM users`,
  `INSERT INTO ssl_keys (repository_id, public_key, created_at, updated_at) SELECT id, 'old', now(), now() FROM repositories`,
  `INSERT INTO branches (repository_id, name, created_at, updated_at) SELECT id, 'main', now(), now() FROM repositories`,
  `INSERT INTO pull_requests (repository_id, number) SELECT id, 1 FROM repositories`,
];

/** Everything a hand-over may read; without it nobody would look at its plan. */
const IMPORTANT: Readonly<Record<string, RegExp>> = {
  'builds and who they belong to': /sender_type.*FROM public\.builds b/s,
  'jobs and who they belong to': /owner_login.*FROM public\.jobs j/s,
  'who may see a repository': /^SELECT user_id FROM public\.permissions/,
  'keys of repositories': /^SELECT private_key FROM public\.ssl_keys/,
  'whom to mail without a setting': /FROM public\.permissions p JOIN public\.emails e/,
  'who unsubscribed': /FROM public\.email_unsubscribes u/,
  'who unsubscribed by a link': /FROM hub\.mail_unsubscribes/,
  'who wants no mail': /FROM public\.emails e JOIN public\.users u .*e\.email = ANY/s,
  announcements: /FROM public\.broadcasts/,
  installations: /FROM public\.installations i/,
  "the committer's token": /FROM public\.emails e JOIN public\.users u .*LIMIT 1/s,
  'tokens of those who may push': /FROM public\.permissions p JOIN public\.users u/,
};

describe('hand-overs, on a database that has been in use, find by an index', () => {
  let scene: HandoverScene;
  let plans: QueryPlans;
  let statements: readonly SentStatement[];

  beforeAll(async () => {
    scene = await HandoverScene.open();
    const { database } = scene.hub;
    plans = await QueryPlans.open(database.url);
    await insertStock(database);
    for (const statement of PEOPLE) await database.query(statement);
    await database.query('VACUUM ANALYZE');
    const sent = SentStatements.listen();
    for (const notifications of [{}, { email: secure('a@example.org') }]) {
      await scene.play(await scene.insert({ config: { notifications } }));
    }
    statements = sent.stop();
  }, 120_000);
  afterAll(async () => {
    await plans.close();
    await scene.close();
  });

  it.each(Object.entries(IMPORTANT))('%s', (_what, text) => {
    expect(statements.filter((statement) => text.test(statement.text))).not.toEqual([]);
  });

  it('the rows of every statement, but for announcements, of which there are a few at a time', async () => {
    const reads: WastefulRead[] = [];
    // The others are those of every batch: query-plans.spec.ts explains them.
    const theirs = statements.filter(({ text }) => Object.values(IMPORTANT).some((important) => important.test(text)));
    for (const statement of theirs) reads.push(...(await plans.wastefulReads(statement)));
    expect(reads.filter(({ table }) => table !== 'public.broadcasts')).toEqual([]);
  });
});
