import { webhookUrls } from './webhook-urls';

const A = 'https://a.example.org';
const B = 'https://b.example.org';

describe('webhookUrls', () => {
  it.each<[unknown, unknown]>([
    [A, [{ url: A }]],
    [` ${A} ,${B},`, [{ url: A }, { url: B }]],
    [
      [A, ` ${B}?ids=1,2 `],
      [
        { url: A, msteams: false },
        { url: `${B}?ids=1,2`, msteams: false },
      ],
    ],
    [
      [{ url: A, msteams: true }, { url: B }],
      [
        { url: A, msteams: true },
        { url: B, msteams: false },
      ],
    ],
    [[null, ' ', 7, {}, { url: null, msteams: true }, [A]], []],
    [null, []],
    [true, []],
    [{ url: A }, [{ url: A, msteams: false }]],
    [
      [
        { url: A, content_type: 'json' },
        { url: B, content_type: 'application/x-www-form-urlencoded' },
        { url: B, content_type: 'xml' },
      ],
      [
        { url: A, msteams: false, contentType: 'json' },
        { url: B, msteams: false, contentType: 'form' },
        { url: B, msteams: false },
      ],
    ],
  ])('reads %j', (value, expected) => {
    expect(webhookUrls(value)).toEqual(expected);
  });

  it.each([
    ['json', 'json'],
    [' JSON', 'json'],
    ['application/json', 'json'],
    ['form', 'form'],
    ['application/x-www-form-urlencoded', 'form'],
    ['xml', undefined],
    [true, undefined],
    [null, undefined],
  ])('reads content_type: %j as %j', (content_type, expected) => {
    expect(webhookUrls([{ url: A, content_type }])[0]?.contentType).toBe(expected);
  });

  it('lets what stands beside the urls hold for those without their own', () => {
    const options = { msteams: true, content_type: 'json' };
    const urls = [A, { url: B, msteams: false, content_type: 'form' }];
    expect(webhookUrls(urls, options)).toEqual([
      { url: A, msteams: true, contentType: 'json' },
      { url: B, msteams: false, contentType: 'form' },
    ]);
    expect(webhookUrls(A, options)).toEqual([{ url: A, msteams: true, contentType: 'json' }]);
  });
});
