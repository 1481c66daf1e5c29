import { Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, DEFAULT_CHANNELS, type Config } from '../config';
import { DatabaseState, Statements } from '../database';
import { Deliverers } from '../deliveries';
import { GuardedHttp, GuardedSockets, HttpModule, TrustedHttp, TrustedSockets } from '../http';
import { logger } from '../logging';
import { RedisConnections, RedisModule } from '../redis';
import { Broker } from './broker';
import type { ChannelHttp, ChannelSockets } from './channel-deps';
import { ChannelDeliverer } from './channel-deliverer';
import { Channels, HANDOVERS, MADE_CHANNELS } from './channels';
import { httpFor, socketsFor } from './channel-network';
import { Directory } from './directory';
import type { HandoverChannel } from './handover/handover-channel';
import { HandoverDeliverer } from './handover/handover-deliverer';
import { receivers } from './handover/receivers';
import { ServiceChannel } from './handover/service-channel';
import { addressedServices } from './handover/services/addressed-services';
import { SidekiqChannel } from './handover/sidekiq-channel';
import { findChannels, makeChannels, type MadeChannels } from './load-channels';
import { NoticeLoader } from './notice-loader';
import { PlanStore } from './plan-store';
import { Planner } from './planner';
import { PublicKeyController } from './public-key.controller';
import { RepositorySecrets } from './secrets/repository-secrets';
import { unsubscribeLinks } from './unsubscribe/links';
import { UnsubscribeController } from './unsubscribe/unsubscribe.controller';
import { Unsubscribes } from './unsubscribe/unsubscribes';

const log = logger.child({ component: 'notifications' });
/** Injection token of the broker that channels publish on; null without one. */
const BROKER = Symbol('BROKER');
const CHANNEL_HTTP = Symbol('CHANNEL_HTTP');
const CHANNEL_SOCKETS = Symbol('CHANNEL_SOCKETS');

/** Who is told what: channels, the planner that makes deliveries of events, and how channels carry them out. */
@Module({
  imports: [HttpModule, RedisModule],
  controllers: [PublicKeyController, UnsubscribeController],
  providers: [
    {
      provide: BROKER,
      inject: [CONFIG],
      useFactory: ({ rabbitmq }: Config) => (rabbitmq.url === null ? null : new Broker(rabbitmq.url)),
    },
    { provide: CHANNEL_HTTP, inject: [GuardedHttp, TrustedHttp], useFactory: httpFor },
    { provide: CHANNEL_SOCKETS, inject: [GuardedSockets, TrustedSockets], useFactory: socketsFor },
    {
      provide: MADE_CHANNELS,
      inject: [CONFIG, Statements, RedisConnections, CHANNEL_HTTP, CHANNEL_SOCKETS, BROKER],
      useFactory: makeAllChannels,
    },
    {
      provide: HANDOVERS,
      inject: [CONFIG, Statements, RedisConnections],
      useFactory: makeHandovers,
    },
    Channels,
    NoticeLoader,
    Unsubscribes,
    PlanStore,
    Planner,
  ],
})
export class NotificationsModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly channels: Channels,
    private readonly deliverers: Deliverers,
    private readonly notices: NoticeLoader,
    private readonly database: DatabaseState,
    @Inject(BROKER) private readonly broker: Broker | null,
  ) {}

  onModuleInit(): void {
    for (const channel of this.channels.found) {
      this.deliverers.register(new ChannelDeliverer(channel, this.notices));
    }
    for (const handover of this.channels.handovers) {
      // What waits for a service that is no longer configured goes on waiting.
      if (handover.possible) this.deliverers.register(new HandoverDeliverer(handover, this.notices));
    }
    void this.database.becameReady().then((ready) => {
      if (ready) this.sayWhatBecomesOfNotices();
    });
  }

  /** Deliveries have stopped by now. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(
      [...this.channels.found, ...this.channels.handovers].map(async (channel) => {
        try {
          await channel.close?.();
        } catch (error) {
          log.warn({ err: error, channel: channel.name }, 'a channel could not close its connections');
        }
      }),
    );
    await this.broker?.close();
  }

  private sayWhatBecomesOfNotices(): void {
    const { names, stranded } = this.channels;
    const modes = names.map((name) => [name, this.channels.modeOf(name)]);
    log.info(Object.fromEntries(modes), 'what becomes of the notices of each channel');
    if (Object.keys(stranded).length === 0) return;
    log.warn(
      { channels: stranded },
      'these channels are to be handed over, but nobody said where: nobody is told. Set the variable named beside each, or HUB_CHANNELS=…=off',
    );
  }
}

/** @throws ChannelError when one that is to deliver cannot work as Hub is configured */
function makeAllChannels(
  config: Config,
  statements: Statements,
  redis: RedisConnections,
  http: ChannelHttp,
  sockets: ChannelSockets,
  broker: Broker | null,
): MadeChannels {
  const { key } = config.encryption;
  const secrets = new RepositorySecrets(statements, key);
  const directory = new Directory(statements, key, redis.client);
  const unsubscribe = unsubscribeLinks(config.unsubscribe);
  const { web, webhook } = config;
  const deps = { config: { web, webhook }, http, sockets, secrets, directory, unsubscribe, broker, logger: log };
  const needed = (name: string): boolean => (config.channels[name] ?? DEFAULT_CHANNELS[name]) === 'deliver';
  return makeChannels(findChannels(undefined, config.channelPackages), deps, config.channelSettings, needed);
}

/** Hand-overs to other services: through the Redis that the queue of each is in, or at an address of its own. */
function makeHandovers(config: Config, statements: Statements, redis: RedisConnections): readonly HandoverChannel[] {
  const secrets = new RepositorySecrets(statements, config.encryption.key);
  const queued = receivers({ config, statements, secrets, redis: redis.client }).map(
    (receiver) => new SidekiqChannel(receiver, receiver.redis === 'insights' ? redis.insights : redis.client),
  );
  return [...queued, ...addressedServices({ config, statements }).map((service) => new ServiceChannel(service))];
}
