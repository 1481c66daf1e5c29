import { publicConfig, type JobSnapshot, type Notice, type StageSnapshot } from '../../channel';
import { encodePath, jobUrl, shaOf } from './about';
import { escapeHtml, escapeMarkdown } from './domain/markdown';
import { matrixColumns, matrixValue, type MatrixColumn } from './domain/matrix';
import { iconTag } from './icons';

const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const ALLOWED_TO_FAIL =
  "This job is <a href='https://docs.travis-ci.com/user/customizing-the-build#Rows-that-are-Allowed-to-Fail'>allowed to fail</a>.";

type Config = Readonly<Record<string, unknown>>;

/** What a check run says of a build's jobs: how many, and a table of each stage. */
export function jobsText(notice: Notice, webUrl: string): string {
  const { jobs = [], stages = [] } = notice.event.snapshot;
  const groups = [...new Set(jobs.map(({ stage_id }) => stage_id))]
    .map((id) => ({ stage: stages.find((stage) => stage.id === id), jobs: jobs.filter((job) => job.stage_id === id) }))
    .sort((a, b) => (a.stage?.number ?? 0) - (b.stage?.number ?? 0));
  return [
    summary(jobs.length, groups.length),
    ...groups.map((group) => [...heading(group.stage), table(notice, webUrl, group.jobs)].join('\n')),
  ].join('\n\n');
}

function summary(jobs: number, stages: number): string {
  if (jobs === 1) return 'This build has a single job.';
  const how = stages > 1 ? `in **${word(stages)} sequential stages**` : 'in parallel';
  return `This build has **${word(jobs)} jobs**, running ${how}.`;
}

function word(count: number): string {
  return NUMBERS[count] ?? String(count);
}

function heading(stage: StageSnapshot | undefined): string[] {
  if (!stage) return [];
  const { number, name, state } = stage;
  return [`### Stage ${number ?? '?'}: ${escapeMarkdown(name ?? '')}`, `This stage **${state}**.`, ''];
}

/** HTML, because Markdown has no icons of a given height in tables. A blank line would end it. */
function table(notice: Notice, webUrl: string, jobs: readonly JobSnapshot[]): string {
  const build = publicConfig(notice.facts.build.config);
  const configs = new Map(jobs.map(({ id }) => [id, publicConfig(notice.facts.jobs.get(id)?.config ?? {})]));
  const columns = matrixColumns(build, [...configs.values()]);
  const notes = jobs.some((job) => job.allow_failure);
  const titles = ['Job', ...columns.map(({ title }) => escapeHtml(title)), 'State', ...(notes ? ['Notes'] : [])];
  const rows = jobs.map((job) => {
    const config = configs.get(job.id) ?? {};
    const name = typeof config['name'] === 'string' ? ` ${config['name']}` : '';
    const label = escapeHtml(`${job.number ?? ''}${name}`);
    return [
      `<a href='${escapeHtml(jobUrl(notice, webUrl, job.id))}'>${iconTag(job.state, webUrl)} ${label}</a>`,
      ...columns.map((column) => cell(notice, column, config, build)),
      job.state,
      ...(notes ? [job.allow_failure ? ALLOWED_TO_FAIL : ''] : []),
    ];
  });
  return [
    '<table>',
    '<thead>',
    row(titles, 'th'),
    '</thead>',
    '<tbody>',
    ...rows.map((cells) => row(cells, 'td')),
    '</tbody>',
    '</table>',
  ].join('\n');
}

function row(cells: readonly string[], element: 'td' | 'th'): string {
  return `<tr>${cells.map((text) => `<${element}>${text}</${element}>`).join('')}</tr>`;
}

function cell(notice: Notice, { key }: MatrixColumn, job: Config, build: Config): string {
  const value = matrixValue(key, job, build);
  const url = key === 'gemfile' && value !== '' ? fileUrl(notice, value) : null;
  return url === null ? escapeHtml(value) : `<a href='${escapeHtml(url)}'>${escapeHtml(value)}</a>`;
}

/** The file as it is in the commit. */
function fileUrl(notice: Notice, path: string): string | null {
  const { url } = notice.facts.repository;
  const sha = shaOf(notice);
  if (url === null || !/^https?:\/\//.test(url) || sha === null) return null;
  return `${url}/blob/${encodePath(sha)}/${encodePath(path)}`;
}
