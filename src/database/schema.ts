import { Branch } from '../builds/branch.entity';
import { Build } from '../builds/build.entity';
import { BuildConfig } from '../builds/build-config.entity';
import { Commit } from '../builds/commit.entity';
import { JobConfig } from '../builds/job-config.entity';
import { PullRequest } from '../builds/pull-request.entity';
import { Repository } from '../builds/repository.entity';
import { Request } from '../builds/request.entity';
import { Stage } from '../builds/stage.entity';
import { Tag } from '../builds/tag.entity';
import { DeliveryRow } from '../deliveries/delivery.entity';
import { EventRow } from '../events/event.entity';
import { ParkedMessage } from '../intake/parked/parked-message.entity';
import { Job } from '../jobs/job.entity';
import { JobVersion } from '../jobs/job-version.entity';
import { QueueableJob } from '../jobs/queueable-job.entity';
import { CiTables1764000000000 } from './migrations/1764000000000-ci-tables';
import { HubSchema1764000000001 } from './migrations/1764000000001-hub-schema';
import { Conversation1764000000002 } from './migrations/1764000000002-conversation';
import { Sweeps1764000000003 } from './migrations/1764000000003-sweeps';
import { Telling1764000000004 } from './migrations/1764000000004-telling';
import { MailUnsubscribes1764000000005 } from './migrations/1764000000005-mail-unsubscribes';
import { ParkedOnce1764000000006 } from './migrations/1764000000006-parked-once';
import { RetriesFirst1764000000007 } from './migrations/1764000000007-retries-first';
import { FewIndexes1764000000008 } from './migrations/1764000000008-few-indexes';

/** The schema of Hub's own tables, and of the record of migrations. */
export const HUB_SCHEMA = 'hub';

/** Every entity. A list, not a pattern: what the compiler does not see, nobody finds again. */
export const ENTITIES = [
  Branch,
  Build,
  BuildConfig,
  Commit,
  DeliveryRow,
  EventRow,
  Job,
  JobConfig,
  JobVersion,
  ParkedMessage,
  PullRequest,
  QueueableJob,
  Repository,
  Request,
  Stage,
  Tag,
] as const;

/** What no message can be applied without. */
export const ESSENTIAL_ENTITIES = [Build, Job, JobVersion, QueueableJob, Repository, Stage] as const;

/** Every migration, oldest first. Released ones never change: a new one goes to the end. */
export const MIGRATIONS = [
  CiTables1764000000000,
  HubSchema1764000000001,
  Conversation1764000000002,
  Sweeps1764000000003,
  Telling1764000000004,
  MailUnsubscribes1764000000005,
  ParkedOnce1764000000006,
  RetriesFirst1764000000007,
  FewIndexes1764000000008,
] as const;
