/**
 * A simulated fleet of workers that checks a Hub from outside: reports over the broker or HTTP, and the API.
 *
 * Consumes the API's answers and `worker.commands`. Publishes what workers publish. Exposes the command for the command
 * line; it knows nothing of the modules that it checks.
 */
export { addSimulateCommand } from './command';
