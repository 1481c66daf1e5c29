import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { EVENT_NAMES } from '../../src/contracts/event';
import { FAULT_POINTS } from '../../src/faults';
import { registry } from '../../src/metrics';

const ROOT = join(__dirname, '..', '..');

/** README, changelog and everything below docs/. */
function pages(): string[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'CHANGELOG.md', ...below.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
}

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Links of a page to files of the project that do not exist, or to a heading that is not there. */
function brokenLinks(page: string): string[] {
  const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target));
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headings(file).includes(heading);
}

/** The anchors that GitHub gives headings. */
function headings(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

/** First cells of the table rows below a heading, without their back-ticks. */
function firstColumn(page: string, heading: string): string[] {
  const section = read(page).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => (row.split('|')[1] ?? '').trim().replaceAll('`', ''));
}

/** The field names that an interface of src/contracts/event.ts declares. */
function fieldsOf(name: string): string[] {
  const source = read('src/contracts/event.ts');
  const body = new RegExp(`export interface ${name} \\{([^]*?)\\n\\}`).exec(source)?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = '']) => field);
}

/** The names that docs/events.md lists for a part of the snapshot. */
function documentedFields(part: string): string[] {
  const row = read('docs/events.md')
    .split('\n')
    .find(
      (line) =>
        line.startsWith(`| \`${part}\``) && line.includes('event') && line.includes('`id`, `') === (part !== 'cause'),
    );
  return [...(row?.split('|')[3] ?? '').split(/;|\(/)[0]!.matchAll(/`(\w+)`/g)].map(([, field = '']) => field);
}

describe('The documentation', () => {
  it.each(pages())('has only links that lead somewhere: %s', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('lists every event, and no other', () => {
    expect(firstColumn('docs/events.md', 'Names')).toEqual([...EVENT_NAMES]);
  });

  it.each([
    ['build', 'BuildSnapshot'],
    ['cause', 'Cause'],
    ['job', 'JobSnapshot'],
    ['stage', 'StageSnapshot'],
    ['repository', 'RepositorySnapshot'],
  ])('lists every field of the snapshot of a %s', (part, type) => {
    expect(fieldsOf(type)).not.toEqual([]);
    expect(documentedFields(part)).toEqual(fieldsOf(type));
  });

  it('lists the parts of the snapshot', () => {
    expect(firstColumn('docs/events.md', 'The snapshot').sort()).toEqual(fieldsOf('EventSnapshot').sort());
  });

  it('advises alerts on metrics that exist, and names all of them', () => {
    const known = registry.getMetricsAsArray().map(({ name }) => name);
    const named = [...new Set(read('docs/operations.md').match(/\bhub_\w+/g))];

    expect(named.sort()).toEqual(known.filter((name) => name.startsWith('hub_')).sort());
  });

  it('lists every fault point', () => {
    expect(firstColumn('docs/operations.md', 'Fault points')).toEqual([...FAULT_POINTS]);
  });
});
