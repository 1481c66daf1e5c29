import { Catch, HttpException, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { throwError, type Observable } from 'rxjs';
import { EmptyAnswer } from '../worker/empty-answer';
import { problemOf } from './problem-of';

/**
 * Turns whatever a route throws into `application/problem+json` (RFC 9457), without stack traces.
 *
 * Only HTTP is its business: errors of broker messages go on to whoever settles those.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    if (host.getType() !== 'http') return throwError(() => error);
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      // Too late for another answer: closing the connection is the only honest sign left.
      response.destroy();
      return undefined;
    }
    if (error instanceof EmptyAnswer) {
      response.status(error.status).set(error.headers).type('text/plain').end();
      return undefined;
    }
    const own = ownBody(error);
    if (own) {
      response.status(own.status).json(own.body);
      return undefined;
    }
    const problem = problemOf(error);
    if (problem.status >= 500) this.log(host.switchToHttp().getRequest<Request>(), problem.cause ?? problem);
    response
      .status(problem.status)
      .set(problem.headers)
      .type('application/problem+json')
      .send(JSON.stringify(problem.body));
    return undefined;
  }

  private log(request: Request, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    // The path without its query: queries may hold what nobody should read in a log.
    this.logger.error(`${request.method} ${request.path} failed: ${reason.message}`, reason.stack);
  }
}

/** Answers that a controller worded itself, such as the details of a failing health check, pass as they are. */
function ownBody(error: unknown): { status: number; body: object } | null {
  if (!(error instanceof HttpException)) return null;
  const body = error.getResponse();
  return typeof body === 'object' && !('message' in body) ? { status: error.getStatus(), body } : null;
}
