import { InvalidArgumentError } from 'commander';
import type { SimulateConfig } from '../config';
import type { Mode } from './domain/troubles';

/** What is simulated, on which Hub. */
export interface SimulationOptions {
  readonly workers: number;
  readonly jobs: number;
  readonly mode: Mode;
  readonly chaos: boolean;
  readonly seed: number;
  /** How long nothing may move before the simulation gives up. */
  readonly patienceSeconds: number;
  /** Without a slash at the end. */
  readonly hubUrl: string;
  readonly credentials: SimulateConfig['credentials'];
  readonly rabbitmq: SimulateConfig['rabbitmq'];
  readonly tokenKey: string | null;
}

/** Reads a whole number of the command line. @throws InvalidArgumentError, which commander tells with the option */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (number >= from && number <= to) return number;
    throw new InvalidArgumentError(`Write a whole number from ${from} to ${to}.`);
  };
}

/** Reads the address of a Hub. @throws InvalidArgumentError */
export function hubAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Write an address such as http://localhost:3000.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('Leave user and password out of it: they come from HTTP_BASIC_AUTH.');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
