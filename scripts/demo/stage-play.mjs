import { jobsOf, requestOf } from './builds.mjs';
import { line, painted } from './lines.mjs';

/**
 * Plays builds: creates them over the API, is their scheduler, calls cancel and restart when the script says so, and
 * keeps what was seen of each for the comparison.
 */
export class StagePlay {
  #api;
  #fleet;
  #receiver;
  /** What is seen of each build, by id. */
  #seen = new Map();
  /** Events that came before the answer that made their build known. */
  #early = new Map();
  #forgotten = new Set();

  /** @param {{ api: import('./api.mjs').Api, fleet?: import('./fleet.mjs').Fleet, receiver: object }} parts */
  constructor({ api, fleet, receiver }) {
    this.#api = api;
    this.#fleet = fleet;
    this.#receiver = receiver;
  }

  /** Creates a build as the script has it. */
  async create(played) {
    const build = await this.#api.post('/api/builds', requestOf(played, this.#receiver.url));
    const jobs = build.jobs.map((job, index) => {
      return { ...job, played: jobsOf(played)[index], events: [], offered: -1 };
    });
    const stages = new Map(build.stages.map((stage) => [stage.id, { ...stage, state: 'created' }]));
    const seen = { id: build.id, number: build.number, played, jobs, stages, events: [], webhooks: [], acted: false };
    seen.state = 'none';
    this.#seen.set(build.id, seen);
    if (played.receiverDown) this.#receiver.refuseOnce(build.id, played.receiverDown);
    line(build.number, '', `POST /api/builds: ${played.what}`);
    for (const event of this.#early.get(build.id) ?? []) this.onEvent(event);
    this.#early.delete(build.id);
    return seen;
  }

  /** Lets go of a build that nobody will ask about. */
  forget(id) {
    this.#seen.delete(id);
    this.#forgotten.add(id);
  }

  /** Takes an event of the log in: shows it and does what a scheduler or the script's person would do. */
  onEvent(event) {
    const seen = this.#seen.get(event.build_id);
    if (!seen) return void this.#keepForLater(event);
    const { job: jobNow, stage, stages = stage ? [stage] : [] } = event.snapshot;
    const subject = jobNow ? seen.jobs.find((job) => job.id === jobNow.id) : seen;
    const state = (jobNow ?? event.snapshot.build).state;
    subject.events.push(event.name.split(':')[1]);
    this.#show(event, seen, subject, state);
    subject.state = state;
    for (const { id, state: stageState } of stages) seen.stages.get(id).state = stageState;
    this.#schedule(seen);
    this.#act(seen, event);
  }

  #keepForLater(event) {
    const { build_id: id } = event;
    if (!this.#forgotten.has(id)) this.#early.set(id, [...(this.#early.get(id) ?? []), event]);
  }

  /** Takes a webhook in. */
  onWebhook(call) {
    const { buildId, number = '?', state = '?' } = call;
    line(number, 'webhook', `${painted(state)}: ${inWords(call)}`);
    if (!call.down) this.#seen.get(buildId)?.webhooks.push(call);
  }

  #show({ snapshot, name }, { number }, subject, state) {
    const before = subject.events.length === 1 ? '' : `${painted(subject.state)} → `;
    const how = name.endsWith(':restarted') ? ' (to run again)' : '';
    const cause = /cancel|restart|reset/.test(snapshot.cause.command) ? ` by ${snapshot.cause.command}` : '';
    const who = snapshot.job ? `job ${subject.number}` : '';
    line(number, who, `${before}${painted(state)}${how}${cause}`);
  }

  /** Queues what is created and whose earlier stages have passed. */
  #schedule(seen) {
    for (const job of seen.jobs) {
      const run = job.events.filter((name) => name === 'restarted').length;
      const due = job.state === 'created' && job.events.length > 0 && job.offered < run && this.#stageIsDue(seen, job);
      if (!due) continue;
      job.offered = run;
      this.#queue(seen, job, run).catch(() => undefined);
    }
  }

  #stageIsDue({ stages }, { stage_id: id }) {
    const own = stages.get(id);
    return !own || [...stages.values()].every(({ number, state }) => number >= own.number || state === 'passed');
  }

  async #queue(seen, job, run) {
    const answer = await this.#api.post(`/api/jobs/${job.id}/queue`, {}, { conflict: true });
    // Canceled meanwhile: nothing to queue.
    if (!answer) return;
    if (job.state === 'created') job.state = 'queued';
    line(seen.number, `job ${job.number}`, `created → queued (${job.queue}, by the scheduler over the API)`);
    const { id, number, queue } = job;
    this.#fleet?.offer({
      id,
      number,
      queue,
      queuedAt: answer.queued_at,
      how: job.played.runs[run],
      build: seen.number,
    });
  }

  #act(seen, { name, job_id: jobId }) {
    const { act } = seen.played;
    if (!act || seen.acted || name !== act.on) return;
    if (act.job !== undefined && seen.jobs[act.job].id !== jobId) return;
    seen.acted = true;
    line(seen.number, '', `POST /api/builds/${seen.id}/${act.call}`);
    // A failure ends the demo through `api.failed`.
    this.#api.post(`/api/builds/${seen.id}/${act.call}`, { reason: `${act.call} by Ada` }).catch(() => undefined);
  }
}

function inWords({ problem, down, repeat, secondTry }) {
  if (problem) return `NOT BELIEVED: ${problem}`;
  if (down) return 'signature ok, answered 503 as if down: Hub has to call again';
  if (repeat) return 'signature ok, but told before';
  return secondTry ? 'signature ok (second try, same webhook-id)' : 'signature ok';
}
