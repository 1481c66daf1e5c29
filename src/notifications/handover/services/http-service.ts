import type { EventName } from '../../../contracts/event';
import { outcomeOfRequest, ServiceHttp, type Service, type ServiceRequest } from '../../../http';
import { secretsOfUrl } from '../../../http/redact';
import type { Statements } from '../../../database';
import type { JobSnapshot, Notice } from '../../channel';
import { readBuildDetails, type BuildDetails } from '../facts/build-details';
import type { AddressedService, Silence } from '../handover';
import { oneTarget } from '../one-target';

const ANSWER_WITHIN_MS = 10_000;

/** What an HTTP service is asked. */
export interface ServiceCall extends Pick<ServiceRequest, 'method' | 'url'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: object;
}

/** A service that is told over HTTP, in JSON. */
export interface HttpService {
  /** As in HUB_CHANNELS. */
  readonly name: string;
  readonly events: readonly EventName[];
  /** The variable that holds its address, and the one that proves to it who asks. */
  readonly variable: string;
  readonly credentials: string;
  readonly configured: boolean;
  /** Besides those of the url; removed from all that is kept. */
  readonly secrets: readonly string[];
  /** Pure: whether it is told of this event. Always, unless it says otherwise. */
  wants?(notice: Notice): boolean;
  request(notice: Notice): Promise<ServiceCall | Silence>;
}

/** Makes an HTTP service one that can be handed over to. An installation without it is nothing to warn of. */
export function httpService(service: HttpService): AddressedService<null> {
  const http = new ServiceHttp();
  const { name, events, variable, configured, credentials, secrets } = service;
  const mend = `it does not accept the credentials: correct ${credentials}.`;
  return {
    name,
    events,
    lane: 'services',
    variable,
    configured,
    expected: configured,
    targets: (notice) => (service.wants?.(notice) === false ? [] : oneTarget(name, { by: 'HTTP' })),
    async tell(notice, _target, { signal }) {
      const call = await service.request(notice);
      if ('reason' in call) return call;
      const { method, url, headers = {}, body } = call;
      const known: Service = {
        name: `the service ${name}`,
        variable,
        misconfigured: { 401: mend, 403: mend },
        final: {},
        secrets: [...secrets, ...secretsOfUrl(url)],
      };
      return outcomeOfRequest(known, () =>
        http.send({
          method,
          url,
          headers: { 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify(body),
          timeoutMs: ANSWER_WITHIN_MS,
          signal,
        }),
      );
    },
    close: () => http.close(),
  };
}

/** A request about the job of an event, with what the payloads of other services hold of it; none when it is gone. */
export function aboutJob(
  statements: Statements,
  call: (notice: Notice, job: JobSnapshot, details: BuildDetails) => ServiceCall,
): HttpService['request'] {
  return async (notice) => {
    const { job } = notice.event.snapshot;
    const details = await readBuildDetails(statements, notice);
    return job && details ? call(notice, job, details) : { kind: 'dropped', reason: 'the build no longer exists' };
  };
}
