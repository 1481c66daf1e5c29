import { Injectable } from '@nestjs/common';
import { Statements } from '../../database';
import { hashAddress, type Subscription } from './token';

/**
 * Who wants no mail about a repository. Members are kept where a Travis installation keeps them
 * (`email_unsubscribes`), so that its other programs know, too; everybody else in a table of Hub's own.
 */
@Injectable()
export class Unsubscribes {
  constructor(private readonly statements: Statements) {}

  /** Doing so twice changes nothing more. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    const { repositoryId, addressHash } = subscription;
    const members = await this.membersWith(subscription);
    await this.statements.run(
      `WITH theirs AS (
         INSERT INTO public.email_unsubscribes (user_id, repository_id, created_at, updated_at)
         SELECT member.id, $1, moment.now, moment.now
           FROM unnest($2::integer[]) AS member (id), (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS moment
             ON CONFLICT DO NOTHING)
       INSERT INTO hub.mail_unsubscribes (repository_id, address_hash)
       SELECT r.id, $3 FROM public.repositories r WHERE r.id = $1 AND cardinality($2::integer[]) = 0
           ON CONFLICT DO NOTHING`,
      [repositoryId, members, addressHash],
    );
  }

  /** Takes an unsubscribe back, whichever way it was made. */
  async resubscribe(subscription: Subscription): Promise<void> {
    const { repositoryId, addressHash } = subscription;
    await this.statements.run(
      `WITH theirs AS (
         DELETE FROM public.email_unsubscribes WHERE repository_id = $1 AND user_id = ANY ($2::integer[]))
       DELETE FROM hub.mail_unsubscribes WHERE repository_id = $1 AND address_hash = $3`,
      [repositoryId, await this.membersWith(subscription), addressHash],
    );
  }

  /** @returns the repository's name, and whether mail about it is wanted; undefined when there is no such repository */
  async find(subscription: Subscription): Promise<{ slug: string; subscribed: boolean } | undefined> {
    const { repositoryId, addressHash } = subscription;
    const [row] = await this.statements.run<{ slug: string; subscribed: boolean }>(
      `SELECT r.owner_name || '/' || r.name AS slug,
              NOT EXISTS (SELECT FROM public.email_unsubscribes u
                           WHERE u.repository_id = r.id AND u.user_id = ANY ($2::integer[]))
              AND NOT EXISTS (SELECT FROM hub.mail_unsubscribes h
                               WHERE h.repository_id = r.id AND h.address_hash = $3) AS subscribed
         FROM public.repositories r WHERE r.id = $1`,
      [repositoryId, await this.membersWith(subscription), addressHash],
    );
    return row;
  }

  /** Ids of the users who may see the repository and have that address. */
  private async membersWith({ repositoryId, addressHash }: Subscription): Promise<number[]> {
    const rows = await this.statements.run<{ user_id: number; email: string }>(
      `SELECT e.user_id, e.email FROM public.permissions p JOIN public.emails e ON e.user_id = p.user_id
        WHERE p.repository_id = $1 AND e.email IS NOT NULL`,
      [repositoryId],
    );
    const members = rows.filter(({ email }) => hashAddress(email) === addressHash);
    return [...new Set(members.map(({ user_id }) => user_id))];
  }
}
