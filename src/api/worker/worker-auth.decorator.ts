import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { Public } from '../../contracts/public.decorator';
import { ACCEPTED_SCHEMES, type Scheme } from './schemes';
import { WorkerAuthGuard } from './worker-auth.guard';

/**
 * Has a route authenticated as those of workers are, with one of these schemes, instead of by the API's credentials. One
 * decorator does both, so that no route is left without either.
 */
export const WorkerAuth = (...schemes: readonly Scheme[]): MethodDecorator =>
  applyDecorators(Public(), SetMetadata(ACCEPTED_SCHEMES, schemes), UseGuards(WorkerAuthGuard));
