import { table, widthOf } from './table';

const LONG = 'x'.repeat(60);

describe('a table', () => {
  it('is aligned to what stands in it, without trailing blanks', () => {
    expect(
      table(
        ['id', 'state', 'reason'],
        [
          ['7', 'failed', ''],
          ['1234', 'ok', 'why'],
        ],
      ),
    ).toEqual(['id    state   reason', '7     failed', '1234  ok      why']);
  });

  it('is aligned by what a terminal draws, not by characters', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['日本語', '1'],
          ['e\u0301', '2'],
          ['🙂', '3'],
        ],
      ),
    ).toEqual(['name    n', '日本語  1', 'e\u0301       2', '🙂      3']);
  });

  it('makes its cells harmless', () => {
    expect(table(['a\u0007'], [['\u001b[31m\n']])).toEqual(['a\\u0007', '\\u001b[31m\\n']);
  });

  it('is not cut when nobody says how wide it may be', () => {
    expect(table(['a', 'b'], [[LONG, LONG]])[1]).toBe(`${LONG}  ${LONG}`);
  });

  it('cuts its longest texts to the width of the terminal, and keeps short columns whole', () => {
    const time = '2021-01-10T05:36:12Z';
    const lines = table(['at', 'middle', 'last'], [[time, LONG, LONG]], 80);
    expect(lines[1]).toBe(`${time}  ${'x'.repeat(27)}…  ${'x'.repeat(27)}…`);
    expect(lines.every((line) => widthOf(line) <= 80)).toBe(true);
  });

  it('gives up its last column before it cuts a time', () => {
    const time = '2021-01-10T05:36:12Z';
    expect(table(['at', 'to', 'why'], [[time, time, LONG]], 52)[1]).toBe(`${time}  ${time}  ${'x'.repeat(7)}…`);
    expect(table(['at', 'to', 'why'], [[time, time, LONG]], 10)[1]).toBe(`${time}  ${time}  ${'x'.repeat(7)}…`);
  });

  it('never cuts a wide character in half', () => {
    expect(table(['text'], [['日'.repeat(20)]], 20)[1]).toBe(`${'日'.repeat(9)}…`);
  });
});
