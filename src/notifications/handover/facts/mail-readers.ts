import type { Statements } from '../../../database';
import type { NoticeFacts } from '../../notice';
import { hashAddress } from '../../unsubscribe/token';

/** An announcement that mails carry. */
export interface Broadcast {
  readonly message: string | null;
  readonly category: string | null;
}

/**
 * Who is mailed when a build's config names nobody: the author and the committer, as far as they may see the repository.
 * Their addresses are given as they are stored.
 */
export async function readDefaultRecipients(
  statements: Statements,
  { repository, commit }: NoticeFacts,
): Promise<readonly string[]> {
  const people = [commit?.author_email, commit?.committer_email].flatMap((email) => email?.toLowerCase() ?? []);
  if (people.length === 0) return [];
  const rows = await statements.run<{ email: string }>(
    `SELECT e.email FROM public.permissions p JOIN public.emails e ON e.user_id = p.user_id
      WHERE p.repository_id = $1 AND lower(e.email) = ANY ($2::varchar[]) ORDER BY e.id`,
    [repository.id, people],
  );
  return [...new Set(rows.map(({ email }) => email))];
}

/**
 * The recipients who want mail: without those who unsubscribed from the repository (there or by a link in a mail) or want
 * no mail about builds at all.
 * That holds for addresses that a config names, too.
 */
export async function withoutUnsubscribed(
  statements: Statements,
  repositoryId: number,
  recipients: readonly string[],
): Promise<readonly string[]> {
  const spellings = [...new Set(recipients.flatMap((email) => [email, email.toLowerCase()]))];
  const [unsubscribed, known, byLink] = await Promise.all([
    statements.run<{ email: string }>(
      `SELECT e.email FROM public.email_unsubscribes u JOIN public.emails e ON e.user_id = u.user_id
        WHERE u.repository_id = $1 AND e.email IS NOT NULL`,
      [repositoryId],
    ),
    statements.run<{ email: string; preferences: unknown }>(
      `SELECT e.email, u.preferences FROM public.emails e JOIN public.users u ON u.id = e.user_id
        WHERE e.email = ANY ($1::varchar[])`,
      [spellings],
    ),
    statements.run<{ address_hash: string }>(
      `SELECT address_hash FROM hub.mail_unsubscribes WHERE repository_id = $1 AND address_hash = ANY ($2::varchar[])`,
      [repositoryId, recipients.map(hashAddress)],
    ),
  ]);
  const silent = new Set(
    [...unsubscribed, ...known.filter(({ preferences }) => wantsNoMail(preferences))].map(({ email }) =>
      email.toLowerCase(),
    ),
  );
  const hashes = new Set(byLink.map(({ address_hash }) => address_hash));
  return recipients.filter((email) => !silent.has(email.toLowerCase()) && !hashes.has(hashAddress(email)));
}

/** Announcements of the last two weeks to everybody, to the repository and to its owner, newest first. */
export function readBroadcasts(
  statements: Statements,
  { repository }: NoticeFacts,
): Promise<(Broadcast & Record<string, unknown>)[]> {
  return statements.run(
    `SELECT message, category FROM public.broadcasts
      WHERE created_at >= (clock_timestamp() AT TIME ZONE 'UTC') - interval '14 days' AND expired IS NOT TRUE
        AND (recipient_type IS NULL OR (recipient_type = 'Repository' AND recipient_id = $1)
             OR (recipient_type = $2 AND recipient_id = $3))
      ORDER BY id DESC`,
    [repository.id, repository.owner_type, repository.owner_id],
  );
}

/** Some rows hold the preferences as a JSON text inside the JSON. */
function wantsNoMail(preferences: unknown): boolean {
  if (typeof preferences === 'string') {
    try {
      return wantsNoMail(JSON.parse(preferences) as unknown);
    } catch {
      return false;
    }
  }
  return (preferences as { build_emails?: unknown } | null)?.build_emails === false;
}
