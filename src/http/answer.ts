import type { Dispatcher } from 'undici';

/**
 * Reads at most `limit` bytes. The status has been received by now, so a body that breaks off or never ends spoils
 * nothing: what came is kept. Failing here would repeat a notice that the receiver has accepted.
 */
export async function readText(answer: Dispatcher.ResponseData, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  } catch {
    // See above.
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8').trim();
}

/** Header names come in lower case, repeated headers as one. */
export function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
