/** What is for workers has room of its own: stopping a job must not wait for the webhooks of others that hang. */
export const WORKERS_LANE = 'workers';
