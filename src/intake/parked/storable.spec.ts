import fc from 'fast-check';
import { storable } from './storable';

describe('properties of a parked message', () => {
  it('become JSON that PostgreSQL can store', () => {
    const headers = {
      raw: Buffer.from([0, 255]),
      at: new Date(0),
      bad: new Date(NaN),
      big: 2n ** 60n,
      nan: NaN,
      nul: 'a\u0000b',
      half: '\uD800',
      none: undefined,
      list: [undefined, 1],
    };
    expect(storable({ headers, type: 'job:start', deliveryMode: 2 })).toEqual({
      headers: {
        raw: { base64: 'AP8=' },
        at: '1970-01-01T00:00:00.000Z',
        bad: null,
        big: '1152921504606846976',
        nan: 'NaN',
        nul: 'ab',
        half: '\uFFFD',
        list: [null, 1],
      },
      type: 'job:start',
      deliveryMode: 2,
    });
  });

  it('always do, whatever a header holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.anything()), (headers) => {
        expect(JSON.stringify(storable(headers))).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
    );
  });
});
