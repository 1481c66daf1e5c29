import { Module, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { DatabaseState } from '../database';
import { Deliverers } from '../deliveries';
import { GuardedHttp, HttpModule } from '../http';
import { logger } from '../logging';
import { ChannelDeliverer } from './channel-deliverer';
import { Channels, FOUND_CHANNELS } from './channels';
import { loadChannels } from './load-channels';
import { NoticeLoader } from './notice-loader';
import { PlanStore } from './plan-store';
import { Planner } from './planner';
import { PublicKeyController } from './public-key.controller';

const log = logger.child({ component: 'notifications' });

/** Who is told what: channels, the planner that makes deliveries of events, and how channels carry them out. */
@Module({
  imports: [HttpModule],
  controllers: [PublicKeyController],
  providers: [
    {
      provide: FOUND_CHANNELS,
      inject: [CONFIG, GuardedHttp],
      useFactory: (config: Config, http: GuardedHttp) => loadChannels({ config, http, logger: log }),
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
    void this.database.waitUntilReady().then(
      () => {
        const modes = this.channels.found.map(({ name }) => [name, this.channels.modeOf(name)]);
        log.info(Object.fromEntries(modes), 'what becomes of the notices of each channel');
      },
      () => undefined,
    );
  }
}
