import { setTimeout as delay } from 'node:timers/promises';
import { drawReplica, drawSpan, type Fault, type Scene } from './fault';
import type { Replica } from '../replica';

const DOOMED_MS = 12_000;
/** Named in docs/operations.md; not taken from src/, of which the harness knows nothing. */
const POINTS = [
  'after-receive',
  'before-commit',
  'after-commit',
  'after-park',
  'after-plan',
  'after-claim',
  'after-send',
];
const LOCKS_MS = 8_000;

/** Hub is killed at any moment; the others have to take over, and it comes back later. */
export const killed: Fault = async (scene) => {
  const replica = drawReplica(scene);
  await replica.kill();
  comeBack(replica, scene.random.between(0, 2_000));
};

/** Hub is killed and does not come back before somebody starts all of them anew. The last one that runs is spared. */
export const neverBack: Fault = async (scene) => {
  if (scene.replicas.filter(({ running }) => running).length < 2) throw new Error('one replica is left');
  await drawReplica(scene).kill();
};

/** Nobody is left; all are started again. */
export const allKilled: Fault = async (scene) => {
  await Promise.all(scene.replicas.map((replica) => replica.kill()));
  await delay(scene.random.between(0, 1_000));
  await Promise.all(scene.replicas.map((replica) => replica.start()));
};

/** Hub kills itself between two steps. */
export const doomed: Fault = async (scene) => {
  const replica = drawReplica(scene);
  const point = scene.random.pick(POINTS);
  await replica.kill();
  await replica.start(`${point}:${scene.random.between(1, 40)}`);
  await Promise.race([replica.ended(), delay(DOOMED_MS)]);
  await replica.kill();
  comeBack(replica, 0);
};

/** Hub stands still, as on a machine that swaps or is moved, with whatever it has in hand. */
export const stopped: Fault = async (scene) => {
  const replica = drawReplica(scene);
  replica.signal('SIGSTOP');
  await delay(drawSpan(scene));
  replica.signal('SIGCONT');
};

/** Hub stands still in the midst of a transaction, and its locks stay. */
export const stoppedWithLocks: Fault = async (scene) => {
  const replica = await holdingLocks(scene);
  await delay(drawSpan(scene));
  replica.signal('SIGCONT');
};

/** The same, but it never goes on. */
export const killedWithLocks: Fault = async (scene) => {
  const replica = await holdingLocks(scene);
  await delay(scene.random.between(0, 1_000));
  await replica.kill();
  comeBack(replica, 1_000);
};

/** Told to stop one after the other, as in a rolling update. */
export const rolled: Fault = async (scene) => {
  for (const replica of scene.replicas) {
    replica.signal('SIGTERM');
    await replica.ended();
    await replica.start();
    await replica.ready().catch(() => undefined);
  }
};

function comeBack(replica: Replica, afterMs: number): void {
  void delay(afterMs).then(() => replica.start());
}

/**
 * Stops a replica that holds locks: somebody else's lock makes its transaction wait, and when it gets what it waited for
 * it can no longer go on.
 * @throws when none was caught in time
 */
async function holdingLocks({ database, replicas }: Scene): Promise<Replica> {
  const holder = await database.session();
  try {
    await holder.query('BEGIN');
    await holder.query(
      `SELECT 1 FROM public.builds WHERE id = ANY (ARRAY(SELECT id FROM public.builds WHERE state IN ('created', 'started')
         ORDER BY id DESC LIMIT 40)) ORDER BY id FOR UPDATE`,
    );
    const deadline = performance.now() + LOCKS_MS;
    while (performance.now() < deadline) {
      const waiting = await database.query<{ port: number }>(
        `SELECT client_port AS port FROM pg_stat_activity WHERE application_name = 'hub' AND wait_event_type = 'Lock'`,
      );
      const ports = waiting.map(({ port }) => port);
      const replica = replicas.find((each) => each.database.portsAtTarget.some((port) => ports.includes(port)));
      if (replica?.running) {
        replica.signal('SIGSTOP');
        return replica;
      }
      await delay(10);
    }
    throw new Error('no replica came to hold locks');
  } finally {
    await holder.end().catch(() => undefined);
  }
}
