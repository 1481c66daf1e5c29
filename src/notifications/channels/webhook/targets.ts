import {
  decideSend,
  decisionsOfElement,
  momentOf,
  NO_ELEMENT,
  readParts,
  revealElements,
  urlTarget,
  webhookUrls,
  type ChannelSecrets,
  type ContentType,
  type Notice,
  type RevealedElement,
  type TargetDecision,
} from '../../channel';

/** A url to call, and how: with the payload as a form or as JSON, or with a card for Microsoft Teams. */
export interface WebhookTarget {
  readonly url: string;
  readonly body: ContentType | 'card';
}

/** What the operator set for all. */
export interface WebhookOptions {
  /** Urls that are told of every build. */
  readonly globalUrls: readonly string[];
  /** The form of body where the config asks for none. */
  readonly contentType: ContentType;
}

const KEYS = { section: ['webhooks', 'webhook'], targets: ['urls', 'url'] } as const;

/**
 * Who is to be called for this event: the urls of every element of `notifications.webhooks` that wants it, and the
 * operator's own urls once, whatever the build's config holds.
 */
export async function webhookTargets(
  notice: Notice,
  secrets: ChannelSecrets,
  { globalUrls, contentType }: WebhookOptions,
): Promise<readonly TargetDecision<WebhookTarget>[]> {
  const { wanted, silent } = await revealElements(notice, KEYS, secrets);
  // The operator hears of what is told anyway, and of what a build without any setting would tell.
  const global = wanted.length > 0 || decideSend(momentOf(notice.event), {}).send ? globalUrls : [];
  const operators = global.map((url) =>
    urlTarget(notice, {
      element: NO_ELEMENT,
      url,
      hidden: 'set by the operator',
      target: { url, body: contentType },
    }),
  );
  return [
    ...silent,
    ...wanted.flatMap((element) => urlsOf(element, notice, contentType)),
    ...decisionsOfElement(NO_ELEMENT, operators, []),
  ];
}

function urlsOf(
  { index, settings, named }: RevealedElement,
  notice: Notice,
  byDefault: ContentType,
): TargetDecision<WebhookTarget>[] {
  const { found, reasons } = readParts(named, (value) => webhookUrls(value, settings));
  const targets = found.map(({ target: { url, msteams, contentType = byDefault }, encrypted }) => {
    const body = msteams === true ? 'card' : contentType;
    return urlTarget(notice, { element: index, url, hidden: encrypted && 'encrypted', target: { url, body } as const });
  });
  return decisionsOfElement(index, targets, reasons);
}
