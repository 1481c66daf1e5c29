import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { Outcome } from '../contracts/command';
import { EventBus, type CommandContext } from '../events';
import type { BuildRecord } from '../unit-of-work';
import { Reconciliation } from './reconciliation';
import { RollUpSubscriber } from './roll-up.subscriber';

const refused = (reason: string): Outcome => ({ kind: 'refused', reason });
const ignored = (reason: string): Outcome => ({ kind: 'ignored', reason });

/**
 * Takes commands for whole builds (states.md §6.2). The jobs do the work; the build follows from them, and is only
 * changed directly when it has none (fixes B15).
 */
@Injectable()
export class BuildsService {
  constructor(
    private readonly bus: EventBus,
    private readonly rollUp: RollUpSubscriber,
    private readonly reconciliation: Reconciliation,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Applies a command that names this build. */
  apply(context: CommandContext, build: BuildRecord): Outcome {
    const { command, uow } = context;
    if (command.name === 'reconcile') return this.reconciliation.apply(context, command, build);
    if (command.name === 'cancel' && this.config.cancellationDisabled) return refused('cancellation_disabled');
    // Refused before any job is touched: jobs of such a build would run against nothing (fixes B14).
    if (command.name === 'restart' && build.config.broken) return refused('config_error');
    if (command.name === 'create' && build.lastSeq > 0) return ignored('already_created');

    const before = uow.events.length;
    this.bus.signal('build:commanded', { context, build });
    if (uow.jobsOf(build.id).length === 0) this.applyWithoutJobs(context, build);
    return uow.events.length > before ? { kind: 'changed' } : ignored(`build_is_${build.state}`);
  }

  private applyWithoutJobs(context: CommandContext, build: BuildRecord): void {
    const { command } = context;
    switch (command.name) {
      case 'create':
        this.bus.publish('build:created', { context, build });
        return;
      case 'start':
        this.rollUp.startBuild(context, build);
        return;
      case 'finish':
        if (command.data.state) this.rollUp.finishBuild(context, build, command.data.state);
        return;
      case 'cancel':
        this.rollUp.cancelBuild(context, build);
        return;
      case 'restart':
        this.rollUp.restartBuild(context, build, true);
        return;
      default:
        throw new Error(`${command.subject}:${command.name} is not a command for a build`);
    }
  }
}
