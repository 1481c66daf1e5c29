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
    [{ url: A }, []],
  ])('reads %j', (value, expected) => {
    expect(webhookUrls(value)).toEqual(expected);
  });
});
