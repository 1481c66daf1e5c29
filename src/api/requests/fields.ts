import { z } from 'zod';

/** Most columns that hold ids are 4 byte integers, even where they refer to longer ones. */
export const rowId = z.int().min(1).max(2_147_483_647);

/** Text of one line that must say something. */
export const line = (max: number): z.ZodString => z.string().min(1, 'must not be empty').max(max);

/** A part of `owner/name`: no slash, no space. */
export const slugPart = line(255).regex(/^[^/\s]+$/, 'must not contain a slash or a space');

/** A time with its offset, e.g. `2021-01-10T05:36:12Z`. Times before 1970 are mistakes, such as Go's zero time. */
export const time = z.iso
  .datetime({ offset: true, error: 'must be a time with its offset, e.g. 2021-01-10T05:36:12Z' })
  .transform((text) => new Date(text))
  .refine((date) => date.getTime() > 0, 'must be a time after 1970');

/** An object kept as it was sent; copying it would trip over keys such as `__proto__`. */
export const jsonObject = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);
