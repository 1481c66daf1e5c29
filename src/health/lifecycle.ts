import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** How far this process has come. Probes read it; main.ts moves it on. */
@Injectable()
export class Lifecycle implements OnModuleDestroy {
  private phase: 'booting' | 'running' | 'stopping' = 'booting';

  get booted(): boolean {
    return this.phase !== 'booting';
  }

  get stopping(): boolean {
    return this.phase === 'stopping';
  }

  /** HTTP listens and everything else is under way. */
  running(): void {
    if (this.phase === 'booting') this.phase = 'running';
  }

  /** The first step of stopping: readiness is withdrawn while everything still works. */
  stop(): void {
    this.phase = 'stopping';
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
