import { isEnd } from './build-model';
import type { BuildEvidence, EventEvidence, Finding, TellingEvidence } from './evidence';

/** Of these everybody is told who asked to be. */
const TOLD: ReadonlySet<string> = new Set(['build:started', 'build:finished', 'build:canceled']);

/** What is wrong with what a build's targets were told. */
export function checkTellings(build: BuildEvidence): Finding[] {
  const findings: Finding[] = [];
  const report = (kind: Finding['kind'], text: string) =>
    void findings.push({ kind, about: `build ${build.id}`, buildId: build.id, text: `build ${build.id}: ${text}` });
  const tellings = new Map(build.tellings.map((telling) => [telling.deliveryId, telling]));
  const expected = new Set<number>();
  for (const event of build.events) {
    const deliveries = build.deliveries.filter(({ eventId }) => eventId === event.id);
    const due = TOLD.has(event.name) ? build.targets : 0;
    if (deliveries.length < due)
      report('lost', `${event.name} (${event.seq}) was planned for ${deliveries.length} of ${due}`);
    if (deliveries.length > due)
      report('doubled', `${event.name} (${event.seq}) was planned ${deliveries.length} times for ${due}`);
    for (const { id, state } of deliveries) {
      expected.add(id);
      const telling = tellings.get(id);
      if (state === 'pending')
        report('stuck', `${event.name} (${event.seq}) still waits to be delivered (delivery ${id})`);
      else if (state !== 'delivered') report('lost', `${event.name} (${event.seq}) ended as ${state} (delivery ${id})`);
      else if (!telling)
        report('lost', `${event.name} (${event.seq}) is called delivered but never came (delivery ${id})`);
      else checkTelling(telling, event, report);
    }
  }
  for (const id of tellings.keys())
    if (!expected.has(id)) report('doubled', `was told of under delivery ${id}, which nobody planned`);
  checkLast(build, tellings, report);
  return findings;
}

function checkTelling(
  telling: TellingEvidence,
  event: EventEvidence,
  report: (kind: Finding['kind'], text: string) => void,
): void {
  const [first = '', second] = telling.bodies;
  if (second !== undefined) {
    report(
      'wrong',
      `delivery ${telling.deliveryId} came in ${telling.bodies.length} versions: ${difference(first, second)}`,
    );
  }
  if (telling.state !== event.state) {
    report(
      'wrong',
      `delivery ${telling.deliveryId} told ${telling.state}, ${event.name} (${event.seq}) is ${event.state}`,
    );
  }
}

/** Who listens to the end knows how it ended. */
function checkLast(
  build: BuildEvidence,
  tellings: ReadonlyMap<number, TellingEvidence>,
  report: (kind: Finding['kind'], text: string) => void,
): void {
  const last = build.events.filter(({ name }) => TOLD.has(name)).at(-1);
  if (!last || !isEnd(build.state)) return;
  for (const { id } of build.deliveries.filter(({ eventId }) => eventId === last.id)) {
    const state = tellings.get(id)?.state;
    if (state !== undefined && state !== build.state)
      report('wrong', `was told of last as ${state}, but is ${build.state}`);
  }
}

/** Where two texts begin to differ, with some of what stands before. */
function difference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  return `${part(one)} and ${part(other)}`;
}
