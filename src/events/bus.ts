import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { DeployEventName, EventName, LoggedEvent } from '../contracts/event';
import { logger } from '../logging';
import { IN_TRANSACTION, type InTransactionEvents, type InTransactionName, type JobEvent } from './in-transaction';
import { record } from './record';

type CommittedListener = (events: readonly LoggedEvent[]) => void;

const AFTER_COMMIT = 'after-commit';
const log = logger.child({ component: 'events' });

/**
 * The in-process event bus, with exactly two guarantees (D4):
 *
 * - in-transaction subscribers ({@link InTransaction}) run synchronously before the event is recorded; their errors
 *   roll the transaction back;
 * - after-commit subscribers ({@link onCommitted}) are told what was recorded, best effort; their errors change
 *   nothing for anybody else.
 */
@Injectable()
export class EventBus implements OnModuleInit {
  constructor(
    private readonly emitter: EventEmitter2,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Registers the methods marked with {@link InTransaction}. */
  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      const provider = instance as Record<string, unknown>;
      const prototype = Object.getPrototypeOf(provider) as object | null;
      if (prototype === null) continue;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const handler = provider[method];
        if (typeof handler !== 'function') continue;
        const names = Reflect.getMetadata(IN_TRANSACTION, handler) as readonly InTransactionName[] | undefined;
        for (const name of names ?? []) this.subscribe(name, handler.bind(provider) as (event: unknown) => unknown);
      }
    }
  }

  /** Publishes an event that Hub tells about: subscribers first, then its row, so that causes stand after effects. */
  publish<N extends EventName>(name: N, event: InTransactionEvents[N]): void {
    this.signal(name, event);
    record(name, event);
  }

  /** Records what a build tells of a deploy: an entry of the log that nothing follows from. */
  recordDeploy(name: DeployEventName, event: JobEvent): void {
    record(name, event);
  }

  /** Tells in-transaction subscribers only; nothing is recorded. */
  signal<N extends InTransactionName>(name: N, event: InTransactionEvents[N]): void {
    this.emitter.emit(name, event);
  }

  /** Calls the listener with the events of each committed batch, in order. */
  onCommitted(listener: CommittedListener): void {
    this.emitter.on(AFTER_COMMIT, (events: readonly LoggedEvent[]) => {
      try {
        listener(events);
      } catch (error) {
        log.error(
          { err: error },
          'a listener failed after the commit; it misses these events, nothing else is affected',
        );
      }
    });
  }

  /** Called once a batch has committed. */
  committed(events: readonly LoggedEvent[]): void {
    if (events.length > 0) this.emitter.emit(AFTER_COMMIT, events);
  }

  private subscribe(name: InTransactionName, handler: (event: unknown) => unknown): void {
    this.emitter.on(name, (event: unknown) => {
      const result = handler(event);
      if (result !== undefined) {
        throw new Error(
          `a subscriber of ${name} returned a value: in-transaction subscribers are synchronous and return nothing`,
        );
      }
    });
  }
}
