import { plainBody, plainRecord } from './json';

describe('a record for --json', () => {
  it('has its names in snake_case; what lies deeper is data', () => {
    expect(plainRecord({ id: 1, nextAttemptAt: null, history: [{ afterMs: 3 }] })).toEqual({
      id: 1,
      next_attempt_at: null,
      history: [{ afterMs: 3 }],
    });
  });
});

describe('a body', () => {
  it.each(['{"id":1}', '', '\ufeffGrüße \u0000'])('is text when it is UTF-8, to the byte: %j', (text) => {
    expect(plainBody(Buffer.from(text))).toEqual({ body: text, body_encoding: 'utf8' });
  });

  it('is base64 when it is not', () => {
    expect(plainBody(Buffer.from([0x1f, 0x8b, 0xff]))).toEqual({ body: 'H4v/', body_encoding: 'base64' });
  });
});
