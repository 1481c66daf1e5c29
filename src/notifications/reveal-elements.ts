import { namedParts, type NamedPart } from './domain/config-values';
import type { ConfigElement, ConfigKeys } from './domain/channel-config';
import type { FrequencyDefaults } from './domain/when-to-send';
import { decideElements, type ElementDecisions } from './domain/wanted-elements';
import type { Notice } from './notice';

/** An entry of a channel's config that wants to hear of an event, decrypted. */
export interface RevealedElement {
  readonly index: number;
  readonly settings: ConfigElement['settings'];
  /** Whom it names; `readParts` reads them. */
  readonly named: readonly NamedPart[];
}

/**
 * Which entries of a channel's config want to hear of a notice, with everything in them decrypted, and why the others
 * stay silent. Entries that nobody wrote are left out. For channels that tell only those whom the config names.
 */
export async function revealElements(
  { event, facts }: Notice,
  keys: ConfigKeys,
  secrets: { reveal<V>(repositoryId: number, value: V): Promise<V> },
  defaults?: FrequencyDefaults,
): Promise<{ wanted: readonly RevealedElement[]; silent: ElementDecisions['silent'] }> {
  const { wanted, silent } = decideElements(event, facts.build.config, keys, defaults);
  const written = wanted.filter((element) => element.written);
  const revealed = await secrets.reveal(
    facts.repository.id,
    written.map(({ targets, settings }) => ({ targets, settings })),
  );
  return {
    silent,
    wanted: written.map(({ index, targets }, position) => {
      const { settings = {}, targets: readable } = revealed[position] ?? {};
      return { index, settings, named: namedParts(targets, readable) };
    }),
  };
}
