import { inspect } from 'node:util';
import { errors } from 'undici';
import { RequestFailed, RequestRefused } from './errors';
import { explainFailure } from './explain-failure';

const ORIGIN = 'https://example.org';
const failure = (code: string): Error => Object.assign(new Error('at https://user:hunter2@example.org'), { code });

describe('explainFailure', () => {
  it.each([
    ['ECONNREFUSED', 'nothing listens there'],
    ['ENOTFOUND', 'the name is unknown to DNS'],
    ['UND_ERR_CONNECT_TIMEOUT', 'could not be opened in time'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['SOMETHING_NEW', 'the request failed'],
  ])('explains %s and repeats nothing of the cause', (code, hint) => {
    const explained = explainFailure(failure(code), ORIGIN);
    expect(explained).toBeInstanceOf(RequestFailed);
    expect(explained.message).toContain(hint);
    expect(explained.message).toContain(`${ORIGIN} cannot be reached`);
    expect(inspect(explained, { depth: 9 })).not.toContain('hunter2');
  });

  it('finds the code when several addresses were tried', () => {
    const explained = explainFailure(new AggregateError([failure('ECONNREFUSED')]), ORIGIN);
    expect(explained).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('refuses what HTTP cannot carry', () => {
    expect(explainFailure(new errors.InvalidArgumentError('hunter2'), ORIGIN)).toBeInstanceOf(RequestRefused);
    expect(explainFailure(new errors.InvalidArgumentError('hunter2'), ORIGIN).message).not.toContain('hunter2');
  });

  it('hands on our own errors as they are', () => {
    const refused = new RequestRefused('no');
    expect(explainFailure(refused, ORIGIN)).toBe(refused);
  });

  it.each([undefined, null, 'text', {}])('survives %p', (thrown) => {
    expect(explainFailure(thrown, ORIGIN).message).toContain('unknown error');
  });
});
