import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { LoggedEvent } from '../contracts/event';
import { logger } from '../logging';
import { recordTransitions } from '../metrics';
import { EventBus } from './bus';

const log = logger.child({ component: 'transitions' });

/** Says each committed change in one line, and counts it. */
@Injectable()
export class TransitionLog implements OnModuleInit {
  constructor(private readonly bus: EventBus) {}

  onModuleInit(): void {
    this.bus.onCommitted((events) => {
      recordTransitions(events);
      if (log.isLevelEnabled('info')) for (const event of events) log.info(fields(event), event.name);
    });
  }
}

function fields({ build_id, job_id, seq, snapshot }: LoggedEvent): Record<string, unknown> {
  const state = snapshot.job?.state ?? snapshot.build.state;
  const { command, reason } = snapshot.cause;
  return { build: build_id, ...(job_id !== null && { job: job_id }), seq, state, cause: command, reason };
}
