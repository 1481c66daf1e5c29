import { BUILD_COMMANDS, JOB_COMMANDS } from '../../contracts/command';
import type { BuildCommandName, JobCommandName } from '../../contracts/command';

/** What a message asks of what. */
export type MessageType =
  | { readonly subject: 'job'; readonly name: JobCommandName }
  | { readonly subject: 'build'; readonly name: BuildCommandName };

const ACCEPTED: ReadonlyMap<string, MessageType> = new Map<string, MessageType>([
  ...JOB_COMMANDS.map((name) => [`job:${name}`, { subject: 'job', name }] as const),
  ...BUILD_COMMANDS.map((name) => [`build:${name}`, { subject: 'build', name }] as const),
]);

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
  return ACCEPTED.get(plainType(type));
}
