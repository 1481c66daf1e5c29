import { Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CONFIG, type Config } from '../../config';
import { Public } from '../../contracts/public.decorator';
import { PAGE_HEADERS, subscribedAgainPage, subscriptionPage, unknownPage } from './page';
import { readToken, type Subscription } from './token';
import { Unsubscribes } from './unsubscribes';

/**
 * The way out of mails, and back. Looking at the page changes nothing, because mail servers open links before people do;
 * the POST of a mail program (RFC 8058: one click, no credentials, no cookies) does. Only tokens that Hub signed reach
 * the database.
 */
@Public()
@Controller('mail')
export class UnsubscribeController {
  constructor(
    private readonly unsubscribes: Unsubscribes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('unsubscribe/:token')
  look(@Param('token') token: string, @Res() response: Response): Promise<void> {
    return this.answer(token, response, async () => undefined, subscriptionPage);
  }

  @Post('unsubscribe/:token')
  @HttpCode(200)
  unsubscribe(@Param('token') token: string, @Res() response: Response): Promise<void> {
    return this.answer(token, response, (who) => this.unsubscribes.unsubscribe(who), subscriptionPage);
  }

  @Post('subscribe/:token')
  @HttpCode(200)
  resubscribe(@Param('token') token: string, @Res() response: Response): Promise<void> {
    return this.answer(
      token,
      response,
      (who) => this.unsubscribes.resubscribe(who),
      (slug) => subscribedAgainPage(slug, token),
    );
  }

  private async answer(
    token: string,
    response: Response,
    change: (who: Subscription) => Promise<void>,
    page: typeof subscriptionPage,
  ): Promise<void> {
    const { secret } = this.config.unsubscribe;
    const who = secret === null ? null : readToken(token, secret);
    if (who !== null) await change(who);
    const found = who && (await this.unsubscribes.find(who));
    response.set(PAGE_HEADERS).status(found ? 200 : 404);
    response.end(found ? page(found.slug, found.subscribed, token) : unknownPage());
  }
}
