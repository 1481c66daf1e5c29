import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from './domain/evidence';

const MAIN = join(__dirname, '../../src/cli/main.js');
const LIMIT_MS = 120_000;

/** Asks Hub's own doctor, which must find nothing. */
export async function askDoctor(databaseUrl: string): Promise<Finding[]> {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl, HTTP_BASIC_AUTH: 'chaos:a-long-test-password' };
  const asked = promisify(execFile)(process.execPath, [MAIN, 'doctor', '--json'], { env, timeout: LIMIT_MS });
  const { stdout, stderr } = await asked.catch((error: unknown) => error as { stdout: string; stderr: string });
  const found = parse(stdout);
  if (!found) throw new Error(`the doctor did not answer: ${stdout}${stderr}`);
  return found.map(({ check, text, build_id }) => ({
    kind: 'wrong',
    about: 'the doctor',
    buildId: build_id,
    text: `the doctor finds (${check}): ${text}`,
  }));
}

interface DoctorRow {
  readonly check: string;
  readonly text: string;
  readonly build_id: number | null;
}

function parse(text: string): DoctorRow[] | null {
  try {
    return JSON.parse(text) as DoctorRow[];
  } catch {
    return null;
  }
}
