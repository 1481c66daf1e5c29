import { Module, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { DatabaseState, Statements } from '../database';
import { Deliverers } from '../deliveries';
import { GuardedHttp, HttpModule } from '../http';
import { logger } from '../logging';
import { RedisConnections, RedisModule } from '../redis/redis.module';
import { ChannelDeliverer } from './channel-deliverer';
import { Channels, FOUND_CHANNELS, HANDOVERS } from './channels';
import { HandoverChannel } from './handover/handover-channel';
import { HandoverDeliverer } from './handover/handover-deliverer';
import { receivers } from './handover/receivers';
import { loadChannels } from './load-channels';
import { NoticeLoader } from './notice-loader';
import { PlanStore } from './plan-store';
import { Planner } from './planner';
import { PublicKeyController } from './public-key.controller';
import { RepositorySecrets } from './secrets/repository-secrets';

const log = logger.child({ component: 'notifications' });

/** Who is told what: channels, the planner that makes deliveries of events, and how channels carry them out. */
@Module({
  imports: [HttpModule, RedisModule],
  controllers: [PublicKeyController],
  providers: [
    {
      provide: FOUND_CHANNELS,
      inject: [CONFIG, GuardedHttp],
      useFactory: (config: Config, http: GuardedHttp) => loadChannels({ config, http, logger: log }),
    },
    {
      provide: HANDOVERS,
      inject: [CONFIG, Statements, RedisConnections],
      useFactory: makeHandovers,
    },
    Channels,
    NoticeLoader,
    PlanStore,
    Planner,
  ],
})
export class NotificationsModule implements OnModuleInit {
  constructor(
    private readonly channels: Channels,
    private readonly deliverers: Deliverers,
    private readonly notices: NoticeLoader,
    private readonly database: DatabaseState,
  ) {}

  onModuleInit(): void {
    for (const channel of this.channels.found) {
      this.deliverers.register(new ChannelDeliverer(channel, this.notices));
    }
    for (const handover of this.channels.handovers) {
      // What waits for a Redis that is no longer configured goes on waiting.
      if (handover.possible) this.deliverers.register(new HandoverDeliverer(handover, this.notices));
    }
    void this.database.becameReady().then((ready) => {
      if (ready) this.sayWhatBecomesOfNotices();
    });
  }

  private sayWhatBecomesOfNotices(): void {
    const { names, stranded } = this.channels;
    const modes = names.map((name) => [name, this.channels.modeOf(name)]);
    log.info(Object.fromEntries(modes), 'what becomes of the notices of each channel');
    if (stranded.length === 0) return;
    log.warn(
      { channels: stranded },
      'these channels are to be handed over, but there is no Redis: nobody is told. Set REDIS_URL, or HUB_CHANNELS=…=off',
    );
  }
}

/** Hand-overs to other services, each with the Redis that its queue is in. */
function makeHandovers(config: Config, statements: Statements, redis: RedisConnections): readonly HandoverChannel[] {
  const secrets = new RepositorySecrets(statements, config.encryption.key);
  return receivers({ config, statements, secrets, redis: redis.main?.client ?? null }).map(
    (receiver) => new HandoverChannel(receiver, redis[receiver.redis ?? 'main']?.client ?? null),
  );
}
