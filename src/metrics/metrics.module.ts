import { Module, type DynamicModule } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';
import type { Config } from '../config';
import { BacklogGauges } from './backlog';
import { OpenMetricsController, ProtectedMetricsController, Scrape } from './metrics.controller';
import { registry } from './metrics';

/** Answers `GET /metrics`. Counting itself needs no module: import the counters. */
@Module({})
export class MetricsModule {
  static forRoot(config: Config): DynamicModule {
    // Once per process: tests boot several apps in one.
    if (!registry.getSingleMetric('process_cpu_user_seconds_total')) collectDefaultMetrics({ register: registry });
    return {
      module: MetricsModule,
      controllers: [config.metrics.authenticated ? ProtectedMetricsController : OpenMetricsController],
      providers: [BacklogGauges, Scrape],
    };
  }
}
