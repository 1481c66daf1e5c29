import { cleanText } from '../domain/clean-text';

const DEEPEST = 8;
const LONGEST_TEXT = 10_000;

/**
 * Makes AMQP properties and headers fit for `jsonb`: bytes become `{ base64 }`, times ISO text, numbers that JSON lacks
 * text, and text that PostgreSQL cannot store is cleaned.
 */
export function storable(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return cleanText(value, LONGEST_TEXT);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return undefined;
  if (depth === DEEPEST) return '…';
  if (Buffer.isBuffer(value)) return { base64: value.toString('base64') };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => storable(item, depth + 1) ?? null);
  const entries = Object.entries(value).map(
    ([key, inner]) => [cleanText(key, 255), storable(inner, depth + 1)] as const,
  );
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}
