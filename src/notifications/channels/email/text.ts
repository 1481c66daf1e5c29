import type { MailContent } from './content';

/** The mail as plain text: what it says, and every link written out. */
export function textMail(mail: MailContent): string {
  return [
    underlined(`${mail.slug}: ${mail.headline}`),
    details(mail),
    commitMessage(mail),
    links(mail),
    jobs(mail),
    ...mail.broadcasts.map(({ lines }) => indented(lines, '! ')),
    `-- \n${whyMailed(mail.recipient, mail.slug)}\nUnsubscribe: ${mail.unsubscribeUrl}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function underlined(title: string): string {
  return `${title}\n${'='.repeat(Math.min(Array.from(title).length, 72))}`;
}

function details({ number, cron, result, duration, commit, branch }: MailContent): string {
  return [
    ['Build', `#${number}${cron ? ' (cron)' : ''}`],
    ['Status', result],
    ['Duration', duration],
    ['Commit', `${commit.sha} (${branch})`],
    ['Author', commit.author],
  ]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(10)} ${value}`)
    .join('\n');
}

function commitMessage({ commit }: MailContent): string {
  return indented(commit.message, '    ');
}

function links({ tone, buildUrl, commit }: MailContent): string {
  return [
    `Build log and details:\n${buildUrl}`,
    ...(commit.url === null ? [] : [`Changes:\n${commit.url}`]),
    ...(tone === 'canceled' ? [`Restart the build:\n${buildUrl}`] : []),
  ].join('\n\n');
}

function jobs({ jobs: failed, moreJobs, buildUrl }: MailContent): string {
  if (failed.length === 0) return '';
  const all = failed.map(({ number, name, state, allowedToFail, url }) => {
    const what = [`#${number}`, state, ...(name === '' ? [] : [name]), ...(allowedToFail ? ['(allowed to fail)'] : [])];
    return `  - ${what.join(' ')}\n    ${url}`;
  });
  if (moreJobs > 0) all.push(`  - and ${moreJobs} more\n    ${buildUrl}`);
  return ['Jobs that did not pass:', ...all].join('\n');
}

/** Said in both forms of the mail. */
export function whyMailed(recipient: MailContent['recipient'], slug: string): string {
  return recipient === 'named'
    ? `You get this mail because the configuration of ${slug} names your address.`
    : `You get this mail because you wrote or committed the change that was built in ${slug}.`;
}

function indented(lines: readonly string[], margin: string): string {
  return lines.map((line) => `${margin}${line}`.trimEnd()).join('\n');
}
