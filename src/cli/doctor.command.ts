import type { Command } from 'commander';
import { CHECKS, type Cure, type Finding } from '../doctor';
import { parseId, parseLimit } from './arguments';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import type { Hub } from './hub';
import type { Output } from './output';
import { addCommand, run } from './run';

interface DoctorOptions {
  readonly fix?: boolean;
  readonly build?: number;
  readonly limit: number;
}

/** What is reported on a finding. */
interface Report extends Pick<Finding, 'check' | 'buildId' | 'jobId' | 'text'> {
  /** `found`, or with `--fix` what came of it. */
  readonly result: 'found' | Cure['kind'] | 'failed';
  readonly reason?: string;
}

/** Mending one thing may show the next, such as a build that ends once its stage has. */
const MOST_ROUNDS = 5;

/** `hub doctor`: what is wrong in the database, and with `--fix` an end to it. */
export function addDoctorCommand(program: Command): void {
  addCommand(program, 'doctor', 'what is wrong in the database: contradictions, and what stands still')
    .option('--fix', 'mend it, as far as it can be mended without a person')
    .option('--build <id>', 'look at one build only', parseId)
    .option('--limit <n>', `at most so many of each of the ${CHECKS.length} checks`, parseLimit, 100)
    .action((options: DoctorOptions, command: Command) => run(command, (hub, out) => examine(hub, out, options)));
}

async function examine(hub: Hub, out: Output, { fix, build, limit }: DoctorOptions): Promise<ExitCode> {
  const scope = build === undefined ? 'all' : { buildId: build };
  const look = () => hub.doctor.examine(scope, limit);
  let findings = await look();
  const reports: Report[] = [];
  for (let round = 1; fix && findings.some(({ mend }) => mend) && round <= MOST_ROUNDS; round++) {
    for (const finding of findings) if (finding.mend) reports.push(await mend(hub, finding));
    findings = await look();
  }
  const left = findings.map((finding): Report => ({ ...plain(finding), result: finding.mend ? 'found' : 'advice' }));
  tell(out, [...reports.filter(({ result }) => result === 'mended'), ...left], limit);
  return left.length === 0 ? DONE : FAILED;
}

async function mend(hub: Hub, finding: Finding): Promise<Report> {
  try {
    const cure = await hub.doctor.mend(finding);
    return { ...plain(finding), result: cure.kind, ...('reason' in cure && { reason: cure.reason }) };
  } catch (error) {
    if (!hub.mayPass(error)) throw error;
    return { ...plain(finding), result: 'failed', reason: 'the database is away or busy, or somebody holds its rows' };
  }
}

const plain = ({ check, buildId, jobId, text }: Finding) => ({ check, buildId, jobId, text });

function tell(out: Output, reports: readonly Report[], limit: number): void {
  const open = reports.filter(({ result }) => result !== 'mended');
  if (out.json) {
    out.document(reports.map(({ buildId, jobId, ...rest }) => ({ ...rest, build_id: buildId, job_id: jobId })));
    return;
  }
  for (const { check, text, result } of reports) out.line(`${result === 'mended' ? 'mended ' : ''}${check}: ${text}`);
  const mended = reports.length - open.length;
  if (reports.length === 0) out.line('Nothing is wrong.');
  else out.line(`${open.length} wrong${mended > 0 ? `, ${mended} mended` : ''}.`);
  const full = CHECKS.filter(({ name }) => open.filter(({ check }) => check === name).length >= limit);
  if (full.length > 0) out.note(`There may be more of ${full.map(({ name }) => name).join(', ')}: raise --limit.`);
  if (open.some(({ result }) => result === 'found')) out.note('--fix mends what can be mended.');
}
