import { createHash } from 'node:crypto';
import { markup, Markup } from '../domain/markup';

const STYLE = `:root{color-scheme:light dark}
body{margin:0;padding:12vh 20px;background:#f3f4f6;color:#1f2328;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:30em;margin:0 auto;padding:28px 32px;background:#fff;border:1px solid #d8dee4;border-radius:10px}
h1{margin:0 0 8px;font-size:22px;line-height:1.3}
p{margin:0 0 20px;overflow-wrap:anywhere}
form{margin:0}
button{padding:10px 18px;border:0;border-radius:6px;background:#0a58ca;color:#fff;font:inherit;font-weight:600;cursor:pointer}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}main{background:#161b22;border-color:#30363d}}`;

/**
 * Headers of every page, besides those of all answers: nothing but its own style may be loaded, its form sends to Hub only,
 * and the page, whose address is all that it takes to unsubscribe, is kept nowhere.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
};

/** @param token read and found to be Hub's */
export function subscriptionPage(slug: string, subscribed: boolean, token: string): string {
  return subscribed
    ? page(
        `Mail about ${slug}`,
        markup`<p>You get mail about builds of <strong>${slug}</strong> at this address.</p>`,
        button(`../unsubscribe/${token}`, 'Unsubscribe'),
      )
    : page(
        'You are unsubscribed',
        markup`<p>No more mail about builds of <strong>${slug}</strong> is sent to this address.</p>`,
        button(`../subscribe/${token}`, 'Subscribe again'),
      );
}

/** After {@link subscriptionPage}'s second form. */
export function subscribedAgainPage(slug: string, token: string): string {
  return page(
    'You are subscribed again',
    markup`<p>This address gets mail about builds of <strong>${slug}</strong> again, unless your account says otherwise.</p>`,
    button(`../unsubscribe/${token}`, 'Unsubscribe'),
  );
}

/** For an address that Hub did not make, or one of a repository that is gone. */
export function unknownPage(): string {
  return page(
    'This link does not work',
    markup`<p>It is incomplete, or the repository is gone. Open the link of a newer mail, and copy all of it.</p>`,
  );
}

/** @param action relative to the page, so that it works behind any path */
function button(action: string, label: string): Markup {
  return markup`<form method="post" action="${action}"><button>${label}</button></form>`;
}

function page(title: string, ...content: readonly Markup[]): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}
