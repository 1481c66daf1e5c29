import type { Duplex } from 'node:stream';
import type { PoolClient } from 'pg';

const held = new WeakSet<Duplex>();

/**
 * Has what is asked of this connection from now on leave in one piece, as soon as everybody who is at it has asked.
 *
 * Each piece is a call of the system that wakes the server, and on a busy machine Hub loses its core to it: BEGIN, settings,
 * statement and COMMIT were four.
 */
export function sendTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection;
  if (held.has(stream)) return;
  held.add(stream);
  stream.cork();
  // A tick that is asked for in a microtask comes after all of them.
  queueMicrotask(() =>
    process.nextTick(() => {
      held.delete(stream);
      stream.uncork();
    }),
  );
}
