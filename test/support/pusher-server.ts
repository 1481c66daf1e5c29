import { createHash } from 'node:crypto';
import Pusher from 'pusher';
import { WebSocketServer, type WebSocket } from 'ws';
import { Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

/** An event as it was triggered: one for each request. */
export interface Triggered {
  readonly name: string;
  readonly channels: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the official library gives out, but its types do not. */
interface Token {
  verify(text: string, signature: string): boolean;
}
const { Token } = Pusher as unknown as { Token: new (key: string, secret: string) => Token };

const DATA_LIMIT = 10_240;
const CHANNEL = /^[A-Za-z0-9_\-=@,.;]{1,200}$/;

/**
 * A server of the Pusher protocol: the HTTP API by which events are triggered, and the WebSocket by which clients get
 * them. Signatures are checked with the official server library, so that Hub's own signing is not checked by itself.
 *
 * https://pusher.com/docs/channels/library_auth_reference/rest-api
 * https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol
 */
export class PusherServer extends StrictService {
  readonly app = { appId: '4711', key: 'the-app-key', secret: 'the-app-secret-hunter2' } as const;
  /** In the order in which they were carried out. */
  readonly triggered: Triggered[] = [];
  /** Requests that did not come from somebody who knows the secret; they are answered with 401. */
  readonly refused: string[] = [];
  /** Largest `data` of an event, in bytes. */
  dataLimit = DATA_LIMIT;
  private readonly subscribers = new Map<string, Set<WebSocket>>();
  private sockets: WebSocketServer | null = null;
  private readonly official = new Pusher({ ...this.app, host: 'unused.example.org' });

  override async up(): Promise<void> {
    await super.up();
    if (!this.server || this.sockets) return;
    this.sockets = new WebSocketServer({ server: this.server });
    let connections = 0;
    this.sockets.on('connection', (socket, request) => {
      connections += 1;
      this.talk(socket, request.url ?? '', `${connections}.${connections}`);
    });
  }

  override async close(): Promise<void> {
    for (const client of this.sockets?.clients ?? []) client.terminate();
    await super.close();
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** As operators write it. */
  get url(): string {
    const { appId, key, secret } = this.app;
    return `http://${key}:${secret}@127.0.0.1:${this.port}/apps/${appId}`;
  }

  /** What the web's API answers to `POST /pusher/auth`, once it has checked who is asking. */
  authorise(socketId: string, channel: string): { readonly auth: string } {
    return this.official.authorizeChannel(socketId, channel);
  }

  protected understand({ method, target, headers, body }: ServiceCall): Understood {
    const { pathname: path, searchParams } = new URL(target, 'http://pusher');
    const app = /^\/apps\/([^/]+)\/events$/.exec(path)?.[1];
    if (method !== 'POST' || app === undefined) throw new Misunderstanding(404, 'there is nothing of that name');
    if (app !== this.app.appId) return () => ({ status: 404, body: `app ${app} does not exist` });
    const problem = this.whyUnsigned({ method, path, params: Object.fromEntries(searchParams), body });
    if (problem !== null) return () => this.refuse(problem);
    if (headers['content-type'] !== 'application/json') throw new Misunderstanding(400, 'the body is not called JSON');
    const { name, channels, data, ...rest } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    if (Object.keys(rest).length > 0) throw new Misunderstanding(400, `unknown: ${Object.keys(rest).join(', ')}`);
    if (typeof name !== 'string' || name.length > 200) throw new Misunderstanding(400, 'the event has no usable name');
    if (!isChannels(channels)) throw new Misunderstanding(400, 'there are not 1 to 100 channels with usable names');
    if (typeof data !== 'string') throw new Misunderstanding(400, 'data is no JSON text');
    if (Buffer.byteLength(data) > this.dataLimit) return () => ({ status: 413, body: 'The data content is too large' });
    const event = { name, channels, data: JSON.parse(data) as Triggered['data'] };
    return () => {
      this.triggered.push(event);
      for (const channel of channels) this.publish(channel, name, data);
      return { status: 200, body: '{}' };
    };
  }

  private refuse(problem: string): ReturnType<Understood> {
    this.refused.push(problem);
    return { status: 401, body: problem };
  }

  /** Why a request does not count as that of somebody who knows the secret; null when it does. */
  private whyUnsigned({ method, path, params, body }: SignedRequest): string | null {
    const { auth_signature: signature = '', ...signed } = params;
    const names = Object.keys(signed).sort();
    if (names.join() !== 'auth_key,auth_timestamp,auth_version,body_md5') return `Signed were ${names.join()}`;
    if (signed['auth_key'] !== this.app.key) return `Unknown auth_key ${signed['auth_key'] ?? ''}`;
    if (signed['auth_version'] !== '1.0') return 'Only version 1.0 is known';
    const age = Math.abs(Date.now() / 1_000 - Number(signed['auth_timestamp']));
    if (!(age < 600)) return 'Timestamp expired: not within 600s of server time';
    if (signed['body_md5'] !== createHash('md5').update(body).digest('hex')) return 'Invalid body_md5';
    const text = [method, path, names.map((name) => `${name}=${signed[name] ?? ''}`).join('&')].join('\n');
    const valid = new Token(this.app.key, this.app.secret).verify(text, signature);
    return valid ? null : 'Invalid signature: you should have sent HmacSHA256Hex of the text';
  }

  /** One client, from its connection on. */
  private talk(socket: WebSocket, path: string, socketId: string): void {
    if (!path.startsWith(`/app/${this.app.key}?`)) return socket.close(4001, 'Application does not exist');
    send(socket, 'pusher:connection_established', { socket_id: socketId, activity_timeout: 120 });
    socket.on('close', () => {
      for (const members of this.subscribers.values()) members.delete(socket);
    });
    socket.on('message', (message: Buffer) => {
      const { event, data } = JSON.parse(message.toString('utf8')) as { event: string; data: Subscription };
      if (event === 'pusher:ping') send(socket, 'pusher:pong', {});
      if (event === 'pusher:subscribe') this.subscribe(socket, socketId, data);
    });
  }

  private subscribe(socket: WebSocket, socketId: string, { channel, auth }: Subscription): void {
    if (channel.startsWith('private-') && auth !== this.authorise(socketId, channel).auth) {
      send(
        socket,
        'pusher:subscription_error',
        { type: 'AuthError', error: 'Invalid signature', status: 401 },
        channel,
      );
      return;
    }
    const members = this.subscribers.get(channel) ?? new Set();
    this.subscribers.set(channel, members.add(socket));
    send(socket, 'pusher_internal:subscription_succeeded', {}, channel);
  }

  private publish(channel: string, event: string, data: string): void {
    for (const socket of this.subscribers.get(channel) ?? []) socket.send(JSON.stringify({ event, channel, data }));
  }
}

interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Subscription {
  readonly channel: string;
  readonly auth?: string;
}

function isChannels(value: unknown): value is readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  return names.length > 0 && names.length <= 100 && names.every((name) => CHANNEL.test(String(name)));
}

/** Data of protocol events is JSON within JSON, as that of all others. */
function send(socket: WebSocket, event: string, data: object, channel?: string): void {
  socket.send(JSON.stringify({ event, channel, data: JSON.stringify(data) }));
}
