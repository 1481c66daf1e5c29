import { inspect } from 'node:util';
import { loadSimulateConfig } from './load-simulate';

const environment = { HTTP_BASIC_AUTH: 'hub:secret-1,other:secret-2', RABBITMQ_URL: 'amqp://u:secret-3@broker/ci' };

describe('what a simulation reads of the environment', () => {
  it('is what a client of that Hub needs: no database', () => {
    expect(loadSimulateConfig({ ...environment, PORT: '4000', QUEUE: 'other' })).toMatchObject({
      port: 4000,
      credentials: { user: 'hub', password: 'secret-1' },
      rabbitmq: { url: 'amqp://u:secret-3@broker/ci', queue: 'other' },
      tokenKey: null,
    });
  });

  it('is refused as a whole, with all that is wrong', () => {
    expect(() => loadSimulateConfig({ RABBITMQ_URL: 'broker' })).toThrow(/HTTP_BASIC_AUTH is not set[^]*RABBITMQ_URL/);
  });

  it('does not print its secrets', () => {
    const config = loadSimulateConfig(environment);
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 5 })}`).not.toMatch(/secret/);
  });
});
