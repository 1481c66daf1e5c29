import { BUILD_COMMANDS, JOB_COMMANDS } from '../../contracts/command';
import type { BuildCommandName, JobCommandName } from '../../contracts/command';
import type { DeployEventName } from '../../contracts/event';

/** What a message asks of what. */
export type MessageType =
  | { readonly subject: 'job'; readonly name: JobCommandName }
  | { readonly subject: 'build'; readonly name: BuildCommandName }
  | { readonly subject: 'job'; readonly name: 'deploy'; readonly event: DeployEventName };

/** Any event of a deploy is kept under its name. */
const DEPLOY = /^deploy:[a-z][a-z_]{0,39}$/;

const ACCEPTED: ReadonlyMap<string, MessageType> = new Map<string, MessageType>([
  ...JOB_COMMANDS.map((name) => [`job:${name}`, { subject: 'job', name }] as const),
  ...BUILD_COMMANDS.map((name) => [`build:${name}`, { subject: 'build', name }] as const),
]);

/** As workers write them: nearly all types that arrive, found without a look at their letters. */
const FROM_WORKERS: ReadonlyMap<string, MessageType> = new Map(
  [...ACCEPTED].map(([type, wish]) => [type.replace(':', ':test:'), wish]),
);

/** All types of messages that Hub obeys, in the form without `:test`. */
export const ACCEPTED_TYPES: readonly string[] = [...ACCEPTED.keys()];

/**
 * The plain form of a type: workers say `job:test:start` for `job:start`, and what came through Sidekiq may still
 * carry the quotes of its double encoding.
 */
export function plainType(type: string): string {
  return type.replaceAll('"', '').replaceAll(':test', '').trim();
}

/** Reads a type in any of its forms; undefined when Hub does not know it. */
export function parseMessageType(type: string): MessageType | undefined {
  const known = FROM_WORKERS.get(type) ?? ACCEPTED.get(type);
  if (known) return known;
  const plain = plainType(type);
  return DEPLOY.test(plain) ? { subject: 'job', name: 'deploy', event: plain as DeployEventName } : ACCEPTED.get(plain);
}
