import { escapeHtml } from './domain/markdown';

const ENDED: Readonly<Record<string, string>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  canceled: 'cancelled',
};

/** The icon of a state, as high as the text beside it; whatever has not ended is running. */
export function iconTag(state: string, webUrl: string): string {
  return `<img src='${escapeHtml(webUrl)}/images/stroke-icons/icon-${ENDED[state] ?? 'running'}.png' height='11'>`;
}
