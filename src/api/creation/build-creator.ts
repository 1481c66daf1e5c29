import { Injectable } from '@nestjs/common';
import { Transactions, type Tx } from '../../database/transaction';
import { BatchRunner, type BatchResult } from '../../intake';
import { jobsOf, type CreateBuild } from '../requests/create-build.schema';
import { readBuild, type BuildView } from '../views/build.view';
import { Problem } from '../problems/problem';
import { accountById, accountOf, type Account } from './account.rows';
import { writeBuildRows } from './build.rows';
import { writeConfig, writeConfigs } from './config.rows';
import { writeGitRows } from './git.rows';
import { findEarlierBuild, rememberBuild, type IdempotentRequest } from './idempotency';
import { noteInstallation } from './installation.rows';
import { recordCreated } from './record-created';
import { lockRepository } from './repository.rows';

export interface Creation {
  /** False when the Idempotency-Key had made this build before. */
  readonly created: boolean;
  readonly build: BuildView;
}

/** Makes a build with everything that belongs to it, or nothing at all. */
@Injectable()
export class BuildCreator {
  constructor(
    private readonly transactions: Transactions,
    private readonly runner: BatchRunner,
  ) {}

  /**
   * Creates all rows of a build, its events among them, in one transaction.
   *
   * Locks are taken in an order that cannot end in a deadlock: idempotency key, name of a new repository, new accounts,
   * row of a new repository; or idempotency key, row of a known repository, new accounts. The row of an installation of
   * the GitHub app comes after that of its repository.
   * @param request set when the caller sent an Idempotency-Key
   * @throws Problem 422 when the body refers to what does not exist, 409 when the build of a repeated key is gone
   */
  async create(body: CreateBuild, request: IdempotentRequest | null): Promise<Creation> {
    const { batch, ...creation } = await this.transactions.run(async (tx) => {
      const earlier = request && (await findEarlierBuild(tx, request));
      if (earlier) return { created: false, build: await existing(tx, earlier), batch: null };
      const id = await writeRows(tx, body);
      const recorded: BatchResult = await recordCreated(tx, this.runner, id);
      if (request) await rememberBuild(tx, request, id);
      return { created: true, build: await existing(tx, id), batch: recorded };
    });
    if (batch) this.runner.announce(batch);
    return creation;
  }
}

/** @returns the build's id */
async function writeRows(tx: Tx, body: CreateBuild): Promise<number> {
  const repository = await lockRepository(tx, body.repository);
  const { installation_id: installation } = body.repository;
  if (installation !== undefined) await noteInstallation(tx, repository, installation);
  const sender = await senderOf(tx, body.sender);
  const git = await writeGitRows(tx, body, repository, sender);
  const configId = await writeConfig(tx, 'build_configs', repository.id, body.config ?? {});
  const jobs = jobsOf(body);
  const jobConfigs = jobs.map(({ job }) => job.config ?? {});
  const jobConfigIds = await writeConfigs(tx, 'job_configs', repository.id, jobConfigs);
  return writeBuildRows(tx, { body, repository, git, sender, configId, jobConfigIds });
}

async function senderOf(tx: Tx, given: CreateBuild['sender']): Promise<Account | null> {
  if (given?.id !== undefined) return accountById(tx, given.id, given.type ?? 'User');
  return given?.login === undefined ? null : accountOf(tx, given.login, given.type);
}

async function existing(tx: Tx, id: number): Promise<BuildView> {
  const build = await readBuild(tx, id);
  if (build) return build;
  throw new Problem('conflict', {
    detail: `This Idempotency-Key made build ${id}, which has been deleted since. Use a new key for a new build.`,
  });
}
