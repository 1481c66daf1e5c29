import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * What processes cost, read from /proc: CPU in seconds, memory in MB. Only of this machine and on Linux; elsewhere, and
 * for servers that are elsewhere, there is no figure.
 */

/** Linux counts CPU time for programs in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process, and of its children that have ended. */
interface CpuTimes {
  readonly own: number;
  readonly ended: number;
  readonly parent: number;
}

function cpuTimes(pid: number): CpuTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold spaces.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [ppid = 0, utime = 0, stime = 0, cutime = 0, cstime = 0] = [1, 11, 12, 13, 14].map((at) => fields[at] ?? 0);
    return { parent: ppid, own: (utime + stime) / TICKS_PER_SECOND, ended: (cutime + cstime) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** CPU seconds a process has used so far; undefined when that cannot be read. */
export function cpuOf(pid: number | undefined): number | undefined {
  return pid === undefined ? undefined : cpuTimes(pid)?.own;
}

/** CPU seconds of a process and all that it started and will have started, also those that are gone. */
export function cpuOfFamily(pid: number | undefined): number | undefined {
  const parent = pid === undefined ? undefined : cpuTimes(pid);
  if (!parent) return undefined;
  const children = allPids()
    .flatMap((id) => cpuTimes(id) ?? [])
    .filter((times) => times.parent === pid);
  return children.reduce((sum, times) => sum + times.own + times.ended, parent.own + parent.ended);
}

/** Resident memory in MB: now, and the most it ever was. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
    return { now: read('VmRSS'), peak: read('VmHWM') };
  } catch {
    return undefined;
  }
}

/** The process that started this one, when it bears the expected name. */
export function parentNamed(pid: number, name: string): number | undefined {
  const parent = cpuTimes(pid)?.parent;
  return parent !== undefined && nameOf(parent)?.includes(name) ? parent : undefined;
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The process of this machine that listens on a TCP port, if we may see that. */
export function listenerOn(port: number): number | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((file) => listeningSockets(file, port)));
  if (sockets.size === 0) return undefined;
  return allPids().find((pid) => socketsOf(pid).some((socket) => sockets.has(socket)));
}

function listeningSockets(file: string, port: number): string[] {
  const LISTEN = '0A';
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    const lines = readFileSync(`/proc/net/${file}`, 'utf8').split('\n').slice(1);
    return lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(wanted) && state === LISTEN)
      .map((fields) => `socket:[${fields[9]}]`);
  } catch {
    return [];
  }
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}
