import { setTimeout as delay } from 'node:timers/promises';
import { drawReplica, drawSpan, type Fault, type Scene } from './fault';

const KILL_EVERY_MS = 60;

/** Immediate shutdown and recovery. */
export const databaseRestarted: Fault = async ({ postgres }) => {
  await postgres.kill();
  await postgres.start();
};

export const databaseAway: Fault = async (scene) => {
  await scene.postgres.kill();
  await delay(scene.random.between(scene.outage.from, scene.outage.to));
  await scene.postgres.start();
};

/** The line between one replica and the database. */
export const databaseLineCut: Fault = async (scene) => {
  const { database } = drawReplica(scene);
  database.cut();
  await delay(drawSpan(scene));
  database.restore();
};

export const databaseLineHangs: Fault = async (scene) => {
  const { database } = drawReplica(scene);
  database.hang();
  await delay(drawSpan(scene));
  database.restore();
};

export const databaseLineSlow: Fault = async (scene) => {
  const lines = scene.replicas.map(({ database }) => database);
  for (const line of lines) line.slow(scene.random.between(5, 80));
  await delay(drawSpan(scene));
  for (const line of lines) line.restore();
};

/** Now and then a write fails in a way that passes: deadlock, full disk, too many locks, serialisation. */
export const writesFail: Fault = async (scene) => {
  const { database, random } = scene;
  const table = random.pick(['public.jobs', 'public.builds', 'hub.events', 'hub.deliveries', 'hub.job_runs']);
  const code = random.pick(['40P01', '40001', '53100', '53200', '57014']);
  await database.query(
    `CREATE OR REPLACE FUNCTION public.chaos_fails() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF random() < 0.2 THEN RAISE EXCEPTION 'a write that fails now and then' USING ERRCODE = '${code}'; END IF;
         RETURN NEW;
       END $$`,
  );
  await database.query(
    `CREATE OR REPLACE TRIGGER chaos_fails BEFORE INSERT OR UPDATE ON ${table}
       FOR EACH ROW WHEN (current_setting('application_name') = 'hub') EXECUTE FUNCTION public.chaos_fails()`,
  );
  await delay(drawSpan(scene));
  await database.query('DROP FUNCTION public.chaos_fails CASCADE');
};

/** Statements are canceled and sessions ended under Hub's hands. */
export const sessionsKilled: Fault = async (scene) => {
  const until = performance.now() + drawSpan(scene);
  while (performance.now() < until) {
    const way = scene.random.pick(['pg_terminate_backend', 'pg_cancel_backend']);
    await scene.database.query(
      `SELECT ${way}(pid) FROM pg_stat_activity WHERE application_name = 'hub' ORDER BY random() LIMIT 1`,
    );
    await delay(KILL_EVERY_MS);
  }
};

/** Another service holds rows of builds for long. */
export const rowsHeld: Fault = async (scene) => {
  const holder = await scene.database.session();
  await holder.query('BEGIN');
  await holder.query(
    `SELECT 1 FROM public.builds WHERE id = ANY (ARRAY(SELECT id FROM public.builds WHERE state IN ('created', 'started')
         ORDER BY id DESC LIMIT 10)) ORDER BY id FOR UPDATE`,
  );
  await delay(drawSpan(scene));
  await holder.end().catch(() => undefined);
};

/** Two things at a time: a replica dies while the database is away. */
export const databaseAwayAndKilled: Fault = async (scene: Scene) => {
  await scene.postgres.kill();
  const replica = drawReplica(scene);
  await replica.kill();
  await delay(drawSpan(scene));
  await replica.start();
  await scene.postgres.start();
};
