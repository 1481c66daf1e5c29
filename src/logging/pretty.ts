const LEVELS: Readonly<Record<string, string>> = {
  trace: '\u001b[90mtrace\u001b[0m',
  debug: '\u001b[90mdebug\u001b[0m',
  info: '\u001b[32minfo \u001b[0m',
  warn: '\u001b[33mwarn \u001b[0m',
  error: '\u001b[31merror\u001b[0m',
  fatal: '\u001b[31mfatal\u001b[0m',
};

/**
 * Turns a JSON log line into one for people: time, level, component, message, then the rest as `key=value`.
 * A stack follows on lines of its own.
 * @param line one JSON object, with or without the line break
 */
export function pretty(line: string): string {
  const { time, level, component, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const { stack, ...error } = (err ?? {}) as Record<string, unknown>;
  const parts = [
    String(time).slice(11, 23),
    LEVELS[String(level)] ?? String(level),
    component === undefined ? '' : `[${textOf(component)}]`,
    msg === undefined ? '' : textOf(msg),
    ...Object.entries({ ...rest, ...(err === undefined || typeof stack === 'string' ? {} : { error }) }).map(
      ([key, value]) => `${key}=${textOf(value)}`,
    ),
  ];
  const text = parts.filter((part) => part !== '').join(' ');
  return typeof stack === 'string' ? `${text}\n${stack}\n` : `${text}\n`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
