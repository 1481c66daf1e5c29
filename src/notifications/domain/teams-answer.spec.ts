import { refusalOfTeams } from './teams-answer';

const failed = (error: string): string => `Webhook message delivery failed with error: ${error} with ContextId tcid=0`;

describe('refusalOfTeams', () => {
  it.each([
    [200, '1', undefined],
    [202, '', undefined],
    [429, failed('Microsoft Teams endpoint returned HTTP error 429'), undefined],
    [400, '{"error":{"code":"WorkflowTriggerIsNotEnabled"}}', undefined],
    [200, failed('Microsoft Teams endpoint returned HTTP error 429'), 'retry'],
    [200, failed('Microsoft Teams endpoint returned HTTP error 502'), 'retry'],
    [200, failed('Error contacting Microsoft Teams endpoint'), 'retry'],
    [200, failed('Microsoft Teams endpoint returned HTTP error 400'), 'rejected'],
    [200, failed('Microsoft Teams endpoint returned HTTP error 413'), 'rejected'],
  ])('of %i "%s": %s', (status, text, kind) => {
    expect(refusalOfTeams({ status, text, bodySent: true })?.kind).toBe(kind);
  });

  it('knows that a redirect lost the card', () => {
    expect(refusalOfTeams({ status: 200, text: '', bodySent: false })?.kind).toBe('rejected');
    expect(refusalOfTeams({ status: 500, text: '', bodySent: false })).toBeUndefined();
  });
});
