import type { Latency } from './latency';
import type { Results, SchemaResults, Throughput } from './results';

type Row = readonly [what: string, ...values: string[]];

/** Everything in one table, for people. */
export function table(results: Results): string[] {
  const { machine } = results;
  const durability = Object.entries(machine.durability).map(([name, value]) => `${name} ${value}`);
  return [
    '',
    `${machine.cpus} × ${machine.model}, Node ${machine.node}, PostgreSQL ${machine.postgres} (${durability.join(', ')})`,
    ...(machine.load > 0.3
      ? [`! load ${machine.load.toFixed(1)} before the start: these figures are not worth much`]
      : []),
    '',
    ...columns([
      ...Object.entries(results.schemas).flatMap(([schema, found]) => comparison(schema, found)),
      ...operation(results),
    ]),
    ...(results.problems.length > 0 ? ['', 'Problems:', ...results.problems.map((problem) => `  ! ${problem}`)] : []),
  ];
}

function comparison(schema: string, { hub, batch1, pgbench, bare, ratios }: SchemaResults): Row[] {
  return [
    [`Schema ${schema}`],
    ...(hub ? throughputRows('Hub', hub) : []),
    ...(batch1 ? throughputRows('(a) Hub, batch size 1', batch1) : []),
    ...(pgbench
      ? [
          [
            '(b) pgbench, one transaction a message',
            rate(pgbench.tps),
            `${pgbench.mode}, ${pgbench.clients} clients`,
          ] as Row,
        ]
      : []),
    ...(bare ? [['(c) bare amqplib + pg, same batches', rate(bare.throughput)] as Row] : []),
    ...(ratios?.toPgbench === undefined ? [] : [['Hub / (b)', times(ratios.toPgbench)] as Row]),
    ...(ratios?.toBare === undefined
      ? []
      : [['Hub / (c)', times(ratios.toBare), `${times(ratios.settledToBare)} until the queue is empty`] as Row]),
    ...(ratios?.toBatch1 === undefined ? [] : [['Hub / (a)', times(ratios.toBatch1)] as Row]),
  ];
}

function throughputRows(name: string, run: Throughput): Row[] {
  const cpu = Object.entries(run.cpuSeconds).map(([process, seconds]) => `${process} ${fixed(seconds, 1)}`);
  return [
    [name, rate(run.throughput), `until delivered, of ${run.messages} messages`],
    ['  until the queue is empty', rate(run.settledRate)],
    ['  CPU seconds', cpu.join(' · '), `${fixed(run.cpuMsPerMessage, 3)} ms a message (Hub and PostgreSQL)`],
    ['  peak memory', `${fixed(run.peakMb, 0)} MB`, `taking messages ${fixed(run.startMs, 0)} ms after its start`],
    [
      '  SQL',
      `${fixed(run.statementsPerMessage, 2)} statements a message`,
      `${fixed(run.transactionsPerMessage, 2)} transactions`,
    ],
  ];
}

function operation({ latency, growth, replicas, giant, backlog }: Results): Row[] {
  return [
    ...(latency
      ? [
          [
            'Publish to commit, half load',
            milliseconds(latency),
            `at ${rate(latency.rate)}, ${latency.samples} samples`,
          ] as Row,
        ]
      : []),
    ...(growth
      ? ([
          [
            `Growth: ${growth.small.storedJobs} stored jobs`,
            rate(growth.small.throughput),
            `${fixed(growth.small.cpuMsPerMessage, 3)} ms CPU a message`,
          ],
          [
            `  ${growth.large.storedJobs} jobs, ${growth.large.storedEvents} events`,
            rate(growth.large.throughput),
            `${fixed(growth.large.cpuMsPerMessage, 3)} ms CPU a message: ${times(growth.cpuRatio)}`,
          ],
        ] as Row[])
      : []),
    ...(replicas ?? []).map((run): Row => [
      `Replicas: ${run.count}`,
      rate(run.throughput),
      `${run.deadlocks} deadlocks, ${run.problems.length} problems`,
    ]),
    ...(giant
      ? [
          [
            `Beside a build of ${giant.jobs} jobs`,
            milliseconds(giant.others),
            `without: ${milliseconds(giant.without)}`,
          ] as Row,
        ]
      : []),
    ...(backlog
      ? ([
          [
            `Backlog of ${backlog.messages}`,
            rate(backlog.drainRate),
            `peak ${fixed(backlog.peakMb, 0)} MB; from the start of the process`,
          ],
          ['  publish to commit afterwards', milliseconds(backlog.after), `at ${rate(backlog.after.rate)}`],
        ] as Row[])
      : []),
  ];
}

function columns(rows: readonly Row[]): string[] {
  const widths = [0, 1].map((at) =>
    Math.max(0, ...rows.filter((row) => row.length > 1).map((row) => row[at]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const rate = (value: number) => `${Math.round(value)} messages/s`;
const times = (value: number | undefined) => `${fixed(value, 2)} ×`;
const milliseconds = ({ p50, p95, p99 }: Latency) =>
  `p50 ${fixed(p50, 1)} · p95 ${fixed(p95, 1)} · p99 ${fixed(p99, 1)} ms`;

function fixed(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '?' : value.toFixed(digits);
}
