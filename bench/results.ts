import { cpus, loadavg } from 'node:os';
import type { CpuSeconds, Drive } from './drive';
import type { Latency } from './latency';
import type { Schema } from './options';

/** Figures of one throughput run of Hub. */
export interface Throughput {
  readonly messages: number;
  /** Messages per second until all was delivered. */
  readonly throughput: number;
  /** Messages per second until the queue was empty and every build had ended. */
  readonly settledRate: number;
  readonly publishRate: number;
  readonly seconds: number;
  readonly cpuSeconds: CpuSeconds;
  /** CPU of Hub and PostgreSQL for one message, in milliseconds. */
  readonly cpuMsPerMessage: number | undefined;
  readonly peakMb: number | undefined;
  readonly statementsPerMessage: number;
  readonly transactionsPerMessage: number;
  /** From starting the process to taking messages, in milliseconds. */
  readonly startMs: number | undefined;
  /** What was not as it must be; empty when all was right. */
  readonly problems: readonly string[];
}

export interface SchemaResults {
  hub?: Throughput;
  batch1?: Throughput;
  pgbench?: { readonly tps: number; readonly mode: string; readonly clients: number };
  bare?: { readonly throughput: number; readonly cpuSeconds: Partial<CpuSeconds> };
  ratios?: {
    readonly toPgbench?: number;
    readonly toBare?: number;
    readonly settledToBare?: number;
    readonly toBatch1?: number;
  };
}

export interface GrowthResults {
  readonly small: GrowthSide;
  readonly large: GrowthSide;
  /** large / small: 1 means that nothing grows. */
  readonly cpuRatio: number | undefined;
  readonly throughputRatio: number;
}

export interface GrowthSide extends Throughput {
  readonly storedJobs: number;
  readonly storedEvents: number;
}

export interface Results {
  /** Messages per second, full path, on the first schema measured. */
  throughput: number | null;
  machine: {
    readonly cpus: number;
    readonly model: string;
    readonly node: string;
    readonly postgres: string;
    /** Load average before the first measurement: above 0.3 the figures are not worth much. */
    readonly load: number;
    readonly durability: Readonly<Record<string, string>>;
  };
  schemas: Partial<Record<Schema, SchemaResults>>;
  latency?: Latency & { readonly rate: number };
  growth?: GrowthResults;
  replicas?: readonly (Throughput & { readonly count: number; readonly deadlocks: number })[];
  giant?: { readonly jobs: number; readonly rate: number; readonly others: Latency; readonly without: Latency };
  backlog?: {
    readonly messages: number;
    readonly drainRate: number;
    readonly peakMb: number | undefined;
    readonly memory: readonly { readonly at: number; readonly mb: number }[];
    readonly after: Latency & { readonly rate: number };
  };
  problems: string[];
}

export function throughputOf(drive: Drive, startMs: number | undefined, problems: readonly string[]): Throughput {
  const { messages, cpu } = drive;
  const work = cpu.hub === undefined || cpu.postgres === undefined ? undefined : cpu.hub + cpu.postgres;
  return {
    messages,
    throughput: messages / drive.seconds,
    settledRate: messages / drive.settledSeconds,
    publishRate: messages / drive.publishSeconds,
    seconds: drive.seconds,
    cpuSeconds: cpu,
    cpuMsPerMessage: work === undefined ? undefined : (work * 1_000) / messages,
    peakMb: drive.peakMb,
    statementsPerMessage: drive.statements / messages,
    transactionsPerMessage: drive.commits / messages,
    startMs,
    problems,
  };
}

export function machine(postgres: string, durability: Readonly<Record<string, string>>): Results['machine'] {
  const all = cpus();
  return {
    cpus: all.length,
    model: all[0]?.model ?? '',
    node: process.version,
    postgres,
    load: loadavg()[0] ?? 0,
    durability,
  };
}
