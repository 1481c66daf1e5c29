import { guardedFetch } from '../http/guarded-fetch';
import type { GuardedHttp } from '../http/guarded-http';
import type { GuardedSockets } from '../http/guarded-sockets';
import type { TrustedHttp, TrustedSockets } from '../http/trusted';
import type { ChannelHttp, ChannelSockets, HttpClient } from './channel-deps';

/** The HTTP that channels are given. */
export function httpFor(guarded: GuardedHttp, trusted: TrustedHttp): ChannelHttp {
  return { ...clientOf(guarded), trusted: clientOf(trusted) };
}

/** The connections that channels are given. */
export function socketsFor(guarded: GuardedSockets, trusted: TrustedSockets): ChannelSockets {
  return { connect: ({ trusted: isTrusted = false, ...request }) => (isTrusted ? trusted : guarded).connect(request) };
}

function clientOf(http: GuardedHttp): HttpClient {
  return {
    post: (url, request) => http.post(url, request),
    request: (method, url, request) => http.request(method, url, request),
    fetch: guardedFetch(http),
  };
}
