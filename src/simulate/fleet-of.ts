import { AmqpFleet } from './amqp/amqp-fleet';
import { SimulationError } from './failure';
import type { Fleet, WorkPlace } from './fleet';
import { HttpFleet } from './http/http-fleet';
import { workerToken } from './http/token';
import type { SimulationOptions } from './options';

/**
 * The fleet that was asked for.
 * @throws SimulationError when something is missing that its workers need
 */
export function fleetOf(options: SimulationOptions, place: WorkPlace): Fleet {
  const { mode, workers, rabbitmq, tokenKey, credentials, hubUrl } = options;
  if (mode === 'amqp') {
    if (rabbitmq.url !== null) {
      return new AmqpFleet(place, workers, { url: rabbitmq.url, queue: `reporting.jobs.${rabbitmq.queue}` });
    }
    throw new SimulationError(
      'Workers in mode amqp need a broker: set RABBITMQ_URL to that of the Hub, or use --mode http.',
    );
  }
  const basic = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  const authorization = (jobId: number) =>
    tokenKey === null ? basic : `Bearer ${workerToken(jobId, tokenKey, new Date())}`;
  return new HttpFleet({ ...place, hubUrl, authorization });
}
