import { markup, Markup } from '../../channel';
import type { JobLine, MailContent, Tone } from './content';
import { STYLES } from './styles';
import { whyMailed } from './text';

/** A colour that carries white text by day and by night, and a sign for people who do not see it. */
const TONES: Readonly<Record<Tone, { readonly colour: string; readonly sign: string }>> = {
  passed: { colour: '#1a7f37', sign: '✓' },
  failed: { colour: '#c4281c', sign: '✕' },
  errored: { colour: '#9a5b00', sign: '!' },
  canceled: { colour: '#57606a', sign: '–' },
};

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,Menlo,Consolas,'Liberation Mono',monospace";
const TABLE = new Markup('role="presentation" cellpadding="0" cellspacing="0"');

/**
 * The mail as HTML: one column in tables, which is what mail programs agree on. Every style that matters stands with its
 * element; the sheet in the head only adds narrow screens and dark mode. Nothing is loaded from anywhere.
 */
export function htmlMail(mail: MailContent): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${mail.slug}: ${mail.headline}</title>
<style>${new Markup(STYLES)}</style>
${viewAction(mail)}
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6;${FONT}">
<div style="display:none;max-height:0;overflow:hidden">${mail.commit.message[0] ?? mail.slug}</div>
<table ${TABLE} class="page" width="100%" style="background:#f3f4f6">
<tr><td align="center" class="frame" style="padding:24px 12px">
<table ${TABLE} class="card" width="100%" style="max-width:600px;background:#ffffff;border:1px solid #d8dee4;border-radius:10px;border-collapse:separate;overflow:hidden">
${banner(mail)}
<tr><td class="body" style="padding:24px 28px 28px">
${mail.broadcasts.map(broadcast)}${facts(mail)}
${message(mail)}
${jobs(mail)}
${button(mail)}
</td></tr>
</table>
${footer(mail)}
</td></tr>
</table>
</body>
</html>
`.text;
}

function banner({ tone, slug, headline, buildUrl }: MailContent): Markup {
  const { colour, sign } = TONES[tone];
  return markup`<tr><td class="banner" style="background:${colour};padding:20px 28px;color:#ffffff">
<table ${TABLE} width="100%"><tr>
<td width="44" valign="middle"><div aria-hidden="true" style="width:34px;height:34px;line-height:34px;border-radius:19px;border:2px solid #ffffff;text-align:center;font-size:18px;font-weight:700;color:#ffffff">${sign}</div></td>
<td valign="middle" style="padding-left:12px">
<a href="${buildUrl}" style="color:#ffffff;text-decoration:none;font-size:20px;line-height:26px;font-weight:700">${headline}</a>
<div style="color:#ffffff;font-size:14px;line-height:20px;word-break:break-word">${slug}</div>
</td>
</tr></table>
</td></tr>`;
}

function facts({ branch, cron, commit, duration, result }: MailContent): Markup {
  const sha = markup`<span style="${MONO};font-size:13px;line-height:18px">${commit.sha}</span>`;
  const rows: (readonly [string, Markup | string])[] = [
    ['Status', result],
    ['Branch', cron ? `${branch} (cron)` : branch],
    [
      'Commit',
      commit.url === null ? sha : markup`<a class="link" href="${commit.url}" style="color:#0a58ca">${sha}</a>`,
    ],
    ['Author', commit.author],
    ['Duration', duration],
  ];
  const shown = rows.filter(([, value]) => value !== '');
  return markup`<table ${TABLE} width="100%" style="font-size:14px;line-height:20px">
${shown.map(
  ([
    name,
    value,
  ]) => markup`<tr><td class="quiet" width="84" valign="top" style="padding:3px 12px 3px 0;color:#57606a">${name}</td>
<td class="text" valign="top" style="padding:3px 0;color:#1f2328;word-break:break-word">${value}</td></tr>
`,
)}</table>`;
}

function message({ commit }: MailContent): Markup | string {
  const [first, ...rest] = commit.message;
  if (first === undefined) return '';
  const more = rest.length === 0 ? '' : markup`<div style="margin-top:6px">${broken(rest)}</div>`;
  return markup`<div class="inset" style="margin-top:16px;padding:12px 16px;background:#f6f8fa;border-left:3px solid #d0d7de;border-radius:4px;color:#1f2328;font-size:14px;line-height:20px;word-break:break-word"><div style="font-weight:600">${first}</div>${more}</div>`;
}

function jobs({ jobs: failed, moreJobs, buildUrl }: MailContent): Markup | string {
  if (failed.length === 0) return '';
  const more = markup`<tr><td colspan="2" class="row" style="padding:9px 0;border-top:1px solid #d8dee4"><a class="link" href="${buildUrl}" style="color:#0a58ca">and ${moreJobs} more</a></td></tr>`;
  return markup`<div class="text" style="margin-top:24px;padding-bottom:8px;color:#1f2328;font-size:14px;font-weight:600">Jobs that did not pass</div>
<table ${TABLE} width="100%" style="font-size:14px;line-height:20px">
${failed.map(jobRow)}${moreJobs === 0 ? '' : more}</table>`;
}

function jobRow({ number, name, state, allowedToFail, url }: JobLine): Markup {
  const note = markup`<div class="quiet" style="color:#57606a;font-size:12px">allowed to fail</div>`;
  return markup`<tr><td class="row" valign="top" style="padding:9px 12px 9px 0;border-top:1px solid #d8dee4;word-break:break-word"><a class="link" href="${url}" style="color:#0a58ca">#${number}</a> <span class="text" style="color:#1f2328">${name}</span>${allowedToFail ? note : ''}</td>
<td class="row" align="right" valign="top" style="padding:9px 0;border-top:1px solid #d8dee4"><span class="quiet" style="color:#57606a">${state}</span></td></tr>
`;
}

function broadcast({ lines, announcement }: MailContent['broadcasts'][number]): Markup {
  const [background, border] = announcement ? ['#eef4ff', '#0a58ca'] : ['#fff8e6', '#bf8700'];
  return markup`<div class="${announcement ? 'news' : 'warning'}" style="margin-bottom:20px;padding:12px 16px;background:${background};border-left:3px solid ${border};border-radius:4px;color:#1f2328;font-size:14px;line-height:20px;word-break:break-word">${broken(lines)}</div>
`;
}

function button({ tone, number, buildUrl }: MailContent): Markup {
  const restart = markup`<div class="quiet" style="margin-top:16px;color:#57606a;font-size:14px;line-height:20px">Canceled by mistake? <a class="link" href="${buildUrl}" style="color:#0a58ca">Restart the build</a>.</div>`;
  return markup`<table ${TABLE} style="margin-top:24px"><tr>
<td style="background:${TONES[tone].colour};border-radius:6px"><a href="${buildUrl}" style="display:inline-block;padding:11px 20px;color:#ffffff;font-size:15px;font-weight:600;text-decoration:none">View build #${number}</a></td>
</tr></table>${tone === 'canceled' ? restart : ''}`;
}

function footer({ recipient, slug, unsubscribeUrl }: MailContent): Markup {
  return markup`<div class="quiet" style="max-width:600px;padding:16px 12px 0;color:#57606a;font-size:12px;line-height:18px;text-align:center">${whyMailed(recipient, slug)}<br><a class="quiet" href="${unsubscribeUrl}" style="color:#57606a">Unsubscribe</a></div>`;
}

/** Lets mail programs that know it show a button beside the subject. */
function viewAction({ buildUrl, headline }: MailContent): Markup {
  const action = { '@type': 'ViewAction', name: 'View build', target: buildUrl, url: buildUrl };
  const about = { '@context': 'https://schema.org', '@type': 'EmailMessage', description: headline };
  // No text in it can end the element.
  const json = JSON.stringify({ ...about, potentialAction: action }).replaceAll('<', '\\u003c');
  return markup`<script type="application/ld+json">${new Markup(json)}</script>`;
}

function broken(lines: readonly string[]): Markup[] {
  return lines.map((line, index) => (index === 0 ? markup`${line}` : markup`<br>${line}`));
}
