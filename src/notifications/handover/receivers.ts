import { billing } from './billing';
import type { HandoverDeps } from './deps';
import type { Handover } from './handover';
import { insights } from './insights';
import { live } from './live';
import { logsearch } from './logsearch';
import { scheduler } from './scheduler';
import { campfire } from './tasks/campfire';
import { email } from './tasks/email';
import { flowdock } from './tasks/flowdock';
import { githubChecks } from './tasks/github-checks';
import { githubStatus } from './tasks/github-status';
import { hipchat } from './tasks/hipchat';
import { intercom } from './tasks/intercom';
import { irc } from './tasks/irc';
import { pushover } from './tasks/pushover';
import { slack } from './tasks/slack';
import { webhook } from './tasks/webhook';

/** Every service that Hub can hand over to: first those with queues of their own, then the tasks of travis-tasks. */
export function receivers(deps: HandoverDeps): readonly Handover[] {
  const makers: readonly ((deps: HandoverDeps) => Handover)[] = [
    scheduler,
    live,
    insights,
    billing,
    logsearch,
    campfire,
    email,
    flowdock,
    githubChecks,
    githubStatus,
    hipchat,
    intercom,
    irc,
    pushover,
    slack,
    webhook,
  ];
  return makers.map((make) => make(deps));
}
