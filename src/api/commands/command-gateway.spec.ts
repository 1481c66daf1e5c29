import { RejectedCommand, type Command, type JobCommand, type Outcome } from '../../contracts/command';
import { StoppingError, type Batcher } from '../../intake';
import { CommandGateway } from './command-gateway';

const command: JobCommand = { subject: 'job', name: 'cancel', id: 7, data: {} };

/** A gateway in front of a batcher that answers as told. */
function gateway(submit: (command: Command) => Promise<Outcome>): CommandGateway {
  return new CommandGateway({ submit } as unknown as Batcher);
}

describe('a command of an API caller', () => {
  it('resolves when it changed something', async () => {
    await expect(gateway(() => Promise.resolve({ kind: 'changed' })).submit(command)).resolves.toBeUndefined();
  });

  it.each([
    ['job_is_passed', 'The cancel changed nothing: job 7: it is passed.'],
    ['already_created', 'The cancel changed nothing: job 7: it waits to be queued already.'],
    ['something_new', 'The cancel changed nothing: job 7: something_new.'],
  ])('answers 409 to %s, in words and as a code', async (reason, detail) => {
    for (const kind of ['ignored', 'refused'] as const) {
      await expect(gateway(() => Promise.resolve({ kind, reason })).submit(command)).rejects.toMatchObject({
        body: { status: 409, detail, reason },
      });
    }
  });

  const rejections: readonly (readonly [string, Error, number])[] = [
    ['an unknown job', new RejectedCommand('unknown_job', 'x'), 404],
    ['a command that failed', new RejectedCommand('failed', 'x'), 422],
    ['a server that stops', new StoppingError(), 503],
  ];

  it.each(rejections)('answers %s with a problem', async (_, error, status) => {
    await expect(gateway(() => Promise.reject(error)).submit(command)).rejects.toMatchObject({ body: { status } });
  });

  it('names each request, so that one whose commit was made but not answered is not carried out twice', async () => {
    const seen: Command[] = [];
    // What is found on the second try is what the first one did.
    const submit = (sent: Command): Promise<Outcome> => {
      seen.push(sent);
      return Promise.resolve({ kind: 'ignored', reason: 'redelivered' });
    };
    await expect(gateway(submit).submit(command)).resolves.toBeUndefined();
    await expect(gateway(submit).submit(command)).resolves.toBeUndefined();
    expect(seen).toEqual(
      Array(2).fill({
        ...command,
        message: { fingerprint: expect.any(String), redelivered: false, onlyIfChanged: true },
      }),
    );
    expect(seen[0]?.message?.fingerprint).not.toBe(seen[1]?.message?.fingerprint);
  });

  it('passes on what is nobody’s fault but ours', async () => {
    const bug = new TypeError('bug');
    await expect(gateway(() => Promise.reject(bug)).submit(command)).rejects.toBe(bug);
  });

  it('does not keep the caller waiting for ever while the database is away', async () => {
    jest.useFakeTimers();
    const answer = gateway(() => new Promise(() => undefined)).submit(command);
    jest.advanceTimersByTime(20_000);
    await expect(answer).rejects.toMatchObject({ body: { status: 503 }, headers: { 'Retry-After': '5' } });
    jest.useRealTimers();
  });
});
