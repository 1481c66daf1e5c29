import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/own-server';
import { TcpProxy } from '../support/tcp-proxy';
import { Database } from './database';
import { Director } from './director';
import { askDoctor } from './doctor';
import { checkWhole } from './domain/check';
import { judgeAttempts, judgeTimes } from './domain/check-times';
import type { Finding } from './domain/evidence';
import { unacked } from './faults/of-broker';
import type { OwnBroker, OwnServer } from './faults/fault';
import { Fleet } from './fleet';
import type { ChaosOptions } from './options';
import { digestOfPlan } from './plan';
import { Publisher } from './publisher';
import { readEvidence } from './read-evidence';
import { Replica, type Guardian } from './replica';
import { faultLine, report, type Outcome } from './report';
import { insertRepositories } from './rows';
import { Sink } from './sink';
import { Watcher } from './watcher';
import { World } from './world';

export { readOptions, USAGE } from './options';
export { describePlan } from './plan';

/** What the script that starts everything hands over (scripts/chaos.mjs). */
export interface Stage {
  readonly postgres: OwnServer;
  readonly broker: OwnBroker;
  readonly guardian: Guardian;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** How long nothing may move at the end before what is left counts as stuck, in milliseconds. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 200;
/** Things are broken for seconds in a short run, for up to minutes in a long one, in milliseconds. */
const SPANS = {
  short: { quiet: { from: 300, to: 1_000 }, span: { from: 300, to: 2_500 }, outage: { from: 300, to: 2_500 } },
  medium: { quiet: { from: 500, to: 4_000 }, span: { from: 500, to: 12_000 }, outage: { from: 1_000, to: 30_000 } },
  long: { quiet: { from: 500, to: 4_000 }, span: { from: 500, to: 25_000 }, outage: { from: 60_000, to: 130_000 } },
};
/** When a restart that nobody saw was not heard: a little more than Hub's own bar; less where nothing is broken for long. */
const HEARD_WITHIN_MS = { short: 8_000, medium: 17_000, long: 17_000 };
/** A run of so many minutes goes on until every fault was played. */
const WHOLE_DECK_FROM = 10;

/** Plays chaos and judges what is left. @returns the exit code */
export async function runChaos(options: ChaosOptions, stage: Stage): Promise<number> {
  const { say, signal } = stage;
  say(`seed ${options.seed} (plan ${digestOfPlan(options)}), ${options.minutes} min, ${options.replicas} replicas`);
  const sinks = { steady: await Sink.start(), moody: await Sink.start(true) };
  const database = new Database(stage.postgres.url, signal);
  const replicas = await startReplicas(options.replicas, stage);
  await insertRepositories(database);
  const publisher = new Publisher(stage.broker.url);
  const over = new AbortController();
  const watcher = new Watcher(database, AbortSignal.any([signal, over.signal]));
  await publisher.start();
  watcher.start();
  const length = lengthOf(options.minutes);
  const world = new World(publisher, watcher, HEARD_WITHIN_MS[length]);
  const { steady, moody } = sinks;
  const urls = { hookUrl: steady.url, moodyUrl: moody.url };
  const fleet = new Fleet({ ...options, ...urls }, world, database, signal);
  const { postgres, broker } = stage;
  const { quiet, ...spans } = SPANS[length];
  const scene = { replicas, postgres, broker, database, world, ...spans };
  const director = new Director(options, scene, quiet, (run) => say(faultLine(run)), signal);
  const began = Date.now();
  const least = options.chosen || options.minutes >= WHOLE_DECK_FROM ? options.faults.length : 0;
  const played = director.play(began + options.minutes * 60_000, least);
  await Promise.all([fleet.work(() => director.over), played]);
  const seconds = (Date.now() - began) / 1_000;
  say('No more faults; what is under way is seen through.');
  await fleet.finish(PATIENCE_MS);
  const settled = await settle(stage, database);
  say('Nothing is on its way any more; evidence is read.');
  const [evidence, diagnosis] = await Promise.all([
    readEvidence(database, fleet.lives, sinks),
    askDoctor(stage.postgres.url),
  ]);
  const timing = judgeTimes(director.runs, evidence.times);
  const findings: Finding[] = [
    ...evidence.builds.flatMap(checkWhole),
    ...(await fleet.garbage.check(database)),
    ...[...steady.strange, ...moody.strange].map((text): Finding => ({
      kind: 'wrong',
      about: 'a telling',
      buildId: null,
      text,
    })),
    ...diagnosis,
    ...settled,
    ...timing.findings,
    ...judgeAttempts(director.runs, evidence.attempts),
  ];
  over.abort();
  await watcher.stop();
  await publisher.stop();
  const outcome: Outcome = {
    options,
    seconds,
    evidence,
    findings,
    timing,
    runs: director.runs,
    messages: publisher.heard,
  };
  if (findings.length > 0) say(`What the Hubs said is in ${keepLogs(replicas, options.seed)}`);
  for (const line of report(outcome)) say(line);
  await Promise.all(replicas.map((replica) => replica.kill()));
  await Promise.all(replicas.flatMap((replica) => [replica.database.close(), replica.broker.close()]));
  await Promise.all([steady.stop(), moody.stop()]);
  await database.end();
  return findings.length === 0 ? 0 : 1;
}

/** The logs would go with the run's folder. @returns where they are kept */
function keepLogs(replicas: readonly Replica[], seed: number): string {
  const folder = join(process.cwd(), '.cache/chaos', String(seed));
  mkdirSync(folder, { recursive: true });
  for (const { name, log } of replicas) copyFileSync(log, join(folder, `${name}.log`));
  return folder;
}

function lengthOf(minutes: number): keyof typeof SPANS {
  if (minutes < 2) return 'short';
  return minutes < 5 ? 'medium' : 'long';
}

async function startReplicas(count: number, { guardian, postgres, broker }: Stage): Promise<Replica[]> {
  const replicas: Replica[] = [];
  for (let i = 1; i <= count; i++) {
    replicas.push(
      new Replica(`hub-${i}`, {
        guardian,
        database: await TcpProxy.start(postgres.url),
        broker: await TcpProxy.start(broker.url),
        port: await freePort(),
      }),
    );
  }
  await Promise.all(replicas.map((replica) => replica.start()));
  await Promise.all(replicas.map((replica) => replica.ready()));
  return replicas;
}

/** Waits until nothing is on its way any more. @returns what still is when the patience is over */
async function settle({ broker, signal }: Stage, database: Database): Promise<Finding[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const messages = await unacked(broker);
    const [row] = await database.query<{ unplanned: number; pending: number; unknown: number }>(
      `SELECT (SELECT count(*)::int FROM hub.events WHERE planned_at IS NULL) AS unplanned,
              (SELECT count(*)::int FROM hub.deliveries WHERE state = 'pending') AS pending,
              (SELECT count(*)::int FROM hub.parked_messages WHERE reason = 'unknown_job' AND replayed_at IS NULL) AS unknown`,
    );
    const left = { messages, ...row };
    if (Object.values(left).every((count) => count === 0)) return [];
    if (Date.now() > deadline || signal.aborted) {
      return [
        {
          kind: 'stuck',
          about: 'the end',
          buildId: null,
          text: `still on its way at the end: ${JSON.stringify(left)}`,
        },
      ];
    }
    await delay(LOOK_MS);
  }
}
