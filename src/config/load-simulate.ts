import { concealed } from './concealed';
import { EnvironmentReader, type Environment } from './environment';
import { VARIABLES } from './variables';

/** What a simulated fleet needs to talk to a Hub from outside: its address, credentials, broker and key. */
export interface SimulateConfig {
  readonly port: number;
  /** The first of the accepted pairs. Secret. */
  readonly credentials: { readonly user: string; readonly password: string };
  readonly rabbitmq: {
    /** Secret: may hold a password. */
    readonly url: string | null;
    /** Queue name without `reporting.jobs.`. */
    readonly queue: string;
  };
  /** PEM of the RSA key that signs workers' tokens as the Job Board does; null when none is set. Secret. */
  readonly tokenKey: string | null;
}

/**
 * Reads what `simulate` needs, from the variables that the Hub it talks to was started with.
 * @throws ConfigError
 */
export function loadSimulateConfig(environment: Environment = process.env): SimulateConfig {
  const reader = new EnvironmentReader(environment);
  const pairs = reader.read(VARIABLES.basicAuth);
  const config = {
    port: reader.read(VARIABLES.port),
    rabbitmq: concealed({ url: reader.read(VARIABLES.rabbitmqUrl), queue: reader.read(VARIABLES.queue) }, 'url'),
    tokenKey: reader.read(VARIABLES.jwtPrivateKey),
  };
  reader.finish();
  const [credentials = { user: '', password: '' }] = pairs;
  return concealed({ ...config, credentials }, 'credentials', 'tokenKey');
}
