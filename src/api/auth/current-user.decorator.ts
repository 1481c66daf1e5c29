import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

const users = new WeakMap<Request, string>();

/** Notes who sent a request; called by the authentication guard only. */
export function rememberUser(request: Request, user: string): void {
  users.set(request, user);
}

/** Injects the name of the user who sent the request into a controller method. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const user = users.get(context.switchToHttp().getRequest<Request>());
  if (user === undefined)
    throw new Error('CurrentUser was asked for on a public route: nobody has been authenticated.');
  return user;
});
