import type { ChannelSecrets } from '../../src/notifications/channel';

/** Reads what is written as `{ secure: 'open …' }`; everything else was encrypted with another key. */
export const sampleSecrets: ChannelSecrets = {
  async reveal(_repositoryId, value) {
    return JSON.parse(JSON.stringify(value), (_key, part: { secure?: unknown } | null) => {
      if (typeof part?.secure !== 'string') return part;
      return part.secure.startsWith('open ') ? part.secure.slice(5) : null;
    }) as typeof value;
  },
};
