import { expectHeaders, Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

/** travis-logs, as far as Hub calls it: three requests, taken byte for byte, and the logs that they change. */
export class LogsService extends StrictService {
  readonly logs = new Map<number, string>();
  /** Requests with another token than {@link token}; they are answered with 403. */
  refused = 0;

  /** @param token its AUTH_TOKEN */
  constructor(public token: string) {
    super();
  }

  protected understand(call: ServiceCall): Understood {
    if (call.method !== 'PUT') throw new Misunderstanding(404, 'there are only PUT requests');
    const authorization = call.headers['authorization'] ?? '';
    if (!/^token [\x21-\x7e]+$/.test(authorization)) {
      throw new Misunderstanding(403, `the header Authorization is ${JSON.stringify(authorization)}`);
    }
    const refusal: Understood | null = authorization === `token ${this.token}` ? null : () => this.refuse();
    const part = /^\/log-parts\/([1-9]\d*)\/last\?source=hub$/.exec(call.target);
    if (part) return refusal ?? this.understandPart(call, authorization, Number(part[1]));
    const log = /^\/logs\/([1-9]\d*)\?source=hub(&clear=1)?$/.exec(call.target);
    if (!log) throw new Misunderstanding(404, 'there is nothing of that name');
    const clear = log[2] !== undefined;
    if (clear !== (call.body.length === 0)) {
      throw new Misunderstanding(
        400,
        `a clear has no body and nothing else has none, but this has ${call.body.length} bytes`,
      );
    }
    expectHeaders(call, headers(authorization, 'application/octet-stream', call));
    return refusal ?? (() => this.replace(Number(log[1]), call.body.toString('utf8')));
  }

  private understandPart(call: ServiceCall, authorization: string, id: number): Understood {
    expectHeaders(call, headers(authorization, 'application/json', call));
    const text = call.body.toString('utf8');
    const { content } = JSON.parse(text) as { content: string };
    const words = Buffer.from(content, 'base64').toString('utf8');
    const right = JSON.stringify({
      '@type': 'log_part',
      encoding: 'base64',
      content: Buffer.from(words).toString('base64'),
      final: true,
    });
    if (text !== right) throw new Misunderstanding(400, `the body is ${text} instead of ${right}`);
    return () => {
      this.logs.set(id, (this.logs.get(id) ?? '') + words);
      return { status: 204 };
    };
  }

  private replace(id: number, text: string): ReturnType<Understood> {
    this.logs.set(id, text);
    return { status: 200, body: JSON.stringify({ id, job_id: id, content: text || null, '@type': 'log' }) };
  }

  private refuse(): ReturnType<Understood> {
    this.refused += 1;
    return { status: 403, body: 'not authorized' };
  }
}

function headers(authorization: string, type: string, { body }: ServiceCall): Record<string, string> {
  return { authorization, 'content-type': type, 'content-length': String(body.length) };
}
