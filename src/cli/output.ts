import { safeJson, safeLines, safeText } from './format/safe-text';
import { table } from './format/table';

/** What a command says: results on standard output, everything beside them on standard error. */
export class Output {
  /** @param json one JSON document is all that standard output gets */
  constructor(
    readonly json: boolean,
    readonly now = new Date(),
  ) {}

  /** The one document of `--json`. */
  document(value: unknown): void {
    process.stdout.write(`${safeJson(value)}\n`);
  }

  /** One line. */
  line(text = ''): void {
    process.stdout.write(`${safeText(text)}\n`);
  }

  /** Text as it is, each line indented. */
  block(text: string): void {
    for (const line of safeLines(text)) process.stdout.write(`  ${line}\n`);
  }

  /** Rows below headings, cut to the terminal's width when there is one. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    for (const line of table(headings, rows, widthOfTerminal())) process.stdout.write(`${line}\n`);
  }

  /** Names and values; what has no value is left out. */
  fields(fields: readonly (readonly [string, string | number | null])[]): void {
    const present = fields.filter(([, value]) => value !== null && value !== '');
    const longest = Math.max(...present.map(([name]) => name.length));
    for (const [name, value] of present) this.line(`  ${name.padEnd(longest)}  ${String(value)}`);
  }

  /** Something that is no result: why there is none, or how to get more. */
  note(text: string): void {
    process.stderr.write(`${safeText(text)}\n`);
  }
}

/** Null when nobody looks: what goes into a pipe or a file is never cut. */
function widthOfTerminal(): number | null {
  return process.stdout.isTTY ? process.stdout.columns : null;
}
