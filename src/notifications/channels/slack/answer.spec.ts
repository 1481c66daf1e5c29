import { refusalOfChat } from './answer';

const refusal = (status: number, text: string, bodySent = true): string | undefined => {
  const found = refusalOfChat({ status, text, bodySent, headers: {} });
  return found && `${found.kind}: ${found.reason}`;
};

describe('refusalOfChat', () => {
  it.each([
    [200, 'ok'],
    [200, ''],
    [200, '{"success":true}'],
    [204, ''],
    [400, 'something else'],
    [429, 'no_service'],
    [500, 'rollup_error'],
    [503, '<html>'],
    [404, '<html>no_service</html>'],
  ])('leaves status %i "%s" to the rule for all channels', (status, text) => {
    expect(refusal(status, text)).toBeUndefined();
  });

  it.each([
    [400, 'invalid_payload', 'look at the template'],
    [403, 'action_prohibited', 'administrators'],
    [403, 'invalid_token', 'make a new one'],
    [404, 'no_service', 'make a new one'],
    [404, 'channel_not_found', 'no such channel'],
    [410, 'channel_is_archived', 'archived'],
    [200, 'no_team', 'no such workspace'],
    [200, '{"ok":false,"error":"channel_not_found"}', 'no such channel'],
    [200, '{"success":false,"message":"constructor"}', 'see its response'],
    [200, '<!DOCTYPE html>', 'A web page answered'],
  ])('gives up after status %i "%s", and says why', (status, text, why) => {
    expect(refusal(status, text)).toMatch(/^rejected: /);
    expect(refusal(status, text)).toContain(why);
  });

  it('knows that a redirect lost the message', () => {
    expect(refusal(200, 'ok', false)).toContain('has moved');
  });
});
