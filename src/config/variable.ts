import type { z } from 'zod';

/** What a variable is called. */
export interface Named {
  readonly name: string;
  /** Other names it is known by, strongest first: those of Travis Hub and of hosting platforms. */
  readonly aliases?: readonly string[];
}

/** One environment variable: how it is read, and what README and `.env.example` say about it. */
export interface Variable<T> extends Named {
  readonly kind: z.ZodType<T, string>;
  readonly help: string;
  readonly example: string;
}

/** A variable that Hub does not start without. */
export interface RequiredVariable<T> extends Variable<T> {
  readonly required: true;
}

/** A variable that has a value when nobody sets it. */
export interface OptionalVariable<T> extends Variable<T> {
  readonly fallback: T;
}

/** Variables that somebody besides this folder declares, such as a channel: each of them can be left out. */
export type OwnVariables = Readonly<Record<string, OptionalVariable<unknown>>>;

/** The values of {@link OwnVariables}, by the same keys. */
export type SettingsOf<V> = { readonly [K in keyof V]: V[K] extends OptionalVariable<infer T> ? T : never };

/** A variable without which Hub does not start. */
export const required = <T>(variable: Variable<T>): RequiredVariable<T> => ({ ...variable, required: true });

/** A variable with a value for when nobody sets it. */
export const optional = <T>(variable: Variable<T>, fallback: NoInfer<T>): OptionalVariable<T> => ({
  ...variable,
  fallback,
});

/** A variable that is null when nobody sets it. */
export const nullable = <T>(variable: Variable<T>): OptionalVariable<T | null> => ({
  ...variable,
  kind: variable.kind,
  fallback: null,
});

/** What holds when nobody sets any of them. */
export function fallbacksOf<V extends OwnVariables>(variables: V): SettingsOf<V> {
  return Object.fromEntries(Object.entries(variables).map(([key, { fallback }]) => [key, fallback])) as SettingsOf<V>;
}
