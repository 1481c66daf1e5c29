import { Controller, Get, Header, Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CONFIG, type Config } from '../config';
import { findBrokerStatus } from '../contracts/broker-status';
import { Public } from '../contracts/public.decorator';
import { BacklogGauges } from './backlog';
import { consumerUp, registry } from './metrics';

/** Brings together what is counted as it happens and what is looked up when somebody asks. */
@Injectable()
export class Scrape {
  constructor(
    private readonly backlog: BacklogGauges,
    private readonly modules: ModuleRef,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** All metrics in Prometheus' text format. */
  async text(): Promise<string> {
    this.readBroker();
    await this.backlog.refresh();
    return registry.metrics();
  }

  private readBroker(): void {
    if (this.config.rabbitmq.url === null) consumerUp.remove();
    else consumerUp.set(findBrokerStatus(this.modules)?.consuming ? 1 : 0);
  }
}

const FORMAT = registry.contentType;

/** Metrics for a scraper without credentials. They name types, channels and events, never a repository or a job. */
@Public()
@Controller('metrics')
export class OpenMetricsController {
  constructor(private readonly scrape: Scrape) {}

  @Get()
  @Header('Content-Type', FORMAT)
  read(): Promise<string> {
    return this.scrape.text();
  }
}

/** The same behind the API's credentials (HUB_METRICS_AUTH=basic). */
@Controller('metrics')
export class ProtectedMetricsController {
  constructor(private readonly scrape: Scrape) {}

  @Get()
  @Header('Content-Type', FORMAT)
  read(): Promise<string> {
    return this.scrape.text();
  }
}
