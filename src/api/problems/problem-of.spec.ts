import { BadRequestException, NotFoundException } from '@nestjs/common';
import { Problem } from './problem';
import { problemOf } from './problem-of';

const withCode = (code: string): Error => Object.assign(new Error('secret detail of the server'), { code });

describe('the problem of an error', () => {
  it('is the one that was thrown on purpose', () => {
    const problem = new Problem('conflict', { detail: 'no' });
    expect(problemOf(problem)).toBe(problem);
  });

  it.each([
    ['an unknown address', new NotFoundException('Cannot GET /x'), 404, 'not-found'],
    ['JSON that does not parse', new BadRequestException('Unexpected token'), 400, 'malformed-body'],
    ['a body over the limit', Object.assign(new Error('too large'), { status: 413 }), 413, 'body-too-large'],
    ['an unknown charset', Object.assign(new Error('charset'), { status: 415 }), 415, 'unsupported-media-type'],
    ['a value that fits no column', withCode('22003'), 400, 'invalid-request'],
    ['an index row that is too large', withCode('54000'), 400, 'invalid-request'],
    ['two writers of one unique row', withCode('23505'), 409, 'conflict'],
    ['a refused connection', withCode('ECONNREFUSED'), 503, 'unavailable'],
    ['a row held by somebody else', withCode('55P03'), 503, 'unavailable'],
    ['a bug', new TypeError('x is not a function'), 500, 'internal-error'],
    ['something that is no error', undefined, 500, 'internal-error'],
  ])('tells of %s', (_, error, status, name) => {
    const { body } = problemOf(error);
    expect(body).toMatchObject({ status, type: `urn:hub:problem:${name}` });
    expect(JSON.stringify(body)).not.toMatch(/secret|not a function|stack/);
  });

  it('asks to try again later when the database is away', () => {
    expect(problemOf(withCode('57P01')).headers).toEqual({ 'Retry-After': '5' });
  });
});
