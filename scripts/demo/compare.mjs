import { jobsOf } from './builds.mjs';

/**
 * Compares what the script says of a build with what came of it.
 *
 * @param {import('./builds.mjs').PlayedBuild} played
 * @param {object} got
 * @param {{ state: string, jobs: { number: string, state: string }[] }} got.api what the API says in the end
 * @param {string[]} got.events the build's own events
 * @param {string[][]} got.jobEvents the events of each job
 * @param {object[]} got.webhooks the calls that the receiver (receiver.mjs) accepted or did not believe
 * @returns {string[]} each difference in a sentence; none when all is as scripted
 */
export function differences(played, got) {
  const jobs = jobsOf(played);
  return [
    ...differs('the build', played.ends, got.api.state),
    ...differs('events of the build', played.events, got.events.join(' ')),
    ...jobs.flatMap((job, index) => [
      ...differs(`job .${index + 1}`, job.ends, got.api.jobs[index]?.state),
      ...differs(`events of job .${index + 1}`, job.events, got.jobEvents[index]?.join(' ')),
    ]),
    ...differs('webhooks', played.webhooks, got.webhooks.map(({ state }) => state).join(' ')),
    ...got.webhooks.filter(({ problem }) => problem).map(({ state, problem }) => `webhook ${state}: ${problem}`),
    ...got.webhooks.filter(({ repeat }) => repeat).map(({ state }) => `webhook ${state} was told twice`),
    ...missesSecondTry(played, got),
  ];
}

/** A receiver that was down is called again, and can tell by the id that it is the same webhook. */
function missesSecondTry({ receiverDown }, { webhooks }) {
  const tried = webhooks.some(({ state, secondTry }) => state === receiverDown && secondTry);
  return receiverDown === undefined || tried ? [] : [`webhook ${receiverDown}: no second try with the same webhook-id`];
}

function differs(what, expected, got) {
  return expected === got ? [] : [`${what}: expected "${expected}", got "${got}"`];
}
