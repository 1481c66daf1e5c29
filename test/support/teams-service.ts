import * as adaptiveCards from 'adaptivecards';
import { Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

/** In bytes, of a message with everything in it. */
const LARGEST = 28 * 1024;

/**
 * Workflows of Microsoft Teams: takes a message with one Adaptive Card that Microsoft's own library finds nothing wrong
 * with, and answers 202.
 */
export class TeamsService extends StrictService {
  /** The texts of each card that was posted, in their order. */
  readonly posted: string[][] = [];

  /** @param path of the one webhook there is, with its query. */
  constructor(private readonly path: string) {
    super();
  }

  get url(): string {
    return `${this.origin}${this.path}`;
  }

  protected understand({ method, target, headers, body }: ServiceCall): Understood {
    if (method !== 'POST' || target !== this.path) throw new Misunderstanding(404, 'there is no such workflow');
    if (headers['content-type'] !== 'application/json') throw new Misunderstanding(415, 'it is no JSON');
    for (const name of ['signature', 'webhook-signature']) {
      if (name in headers) throw new Misunderstanding(400, `Teams was never sent the header ${name}`);
    }
    if (body.length > LARGEST) throw new Misunderstanding(413, `the message has ${body.length} bytes`);
    const { type, attachments, ...rest } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const [attachment, ...others] = attachments as { contentType: string; content: object }[];
    if (type !== 'message' || Object.keys(rest).length > 0 || others.length > 0) {
      throw new Misunderstanding(400, 'it is not one message with one attachment');
    }
    if (attachment?.contentType !== 'application/vnd.microsoft.card.adaptive') {
      throw new Misunderstanding(400, 'the attachment is no Adaptive Card');
    }
    const texts = textsOf(parse(attachment.content));
    return () => {
      this.posted.push(texts);
      return { status: 202 };
    };
  }
}

/** @throws Misunderstanding when the card would be shown in part only, or not at all */
function parse(content: object): adaptiveCards.AdaptiveCard {
  const card = new adaptiveCards.AdaptiveCard();
  const context = new adaptiveCards.SerializationContext(adaptiveCards.Versions.v1_2);
  card.parse(content, context);
  const problems = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index).message);
  if (problems.length > 0) throw new Misunderstanding(400, `the card is wrong: ${problems.join(' ')}`);
  return card;
}

function textsOf(card: adaptiveCards.AdaptiveCard): string[] {
  const items = card.getRootObject() === card ? allItems(card) : [];
  return items.flatMap((item) => (item instanceof adaptiveCards.TextBlock && item.text ? [item.text] : []));
}

function allItems(container: adaptiveCards.CardElementContainer): adaptiveCards.CardElement[] {
  return Array.from({ length: container.getItemCount() }, (_, index) => container.getItemAt(index)).flatMap((item) =>
    item instanceof adaptiveCards.CardElementContainer ? allItems(item) : [item],
  );
}
