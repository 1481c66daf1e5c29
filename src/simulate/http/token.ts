import { sign } from 'jsonwebtoken';

const LIFETIME_SECONDS = 10_800;

/** The token that the Job Board gives a worker along with a job: with it the worker reports about that job only. */
export function workerToken(jobId: number, privateKey: string, now: Date): string {
  const claims = {
    iss: 'job-board/simulated',
    sub: String(jobId),
    exp: Math.floor(now.getTime() / 1_000) + LIFETIME_SECONDS,
    site: 'org',
  };
  return sign(claims, privateKey, { algorithm: 'RS512', noTimestamp: true });
}
