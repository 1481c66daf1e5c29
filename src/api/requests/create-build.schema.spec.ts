import { createBuildSchema, jobsOf } from './create-build.schema';

const minimal = {
  repository: { owner_name: 'octo', name: 'app' },
  commit: { sha: '62aae5f70cee' },
  branch: 'main',
  jobs: [{}],
};

/** `path: message` of everything wrong with a body. */
function mistakes(body: unknown): string[] {
  const result = createBuildSchema.safeParse(body);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('the body of POST /api/builds', () => {
  it('needs no more than a repository, a commit, a branch and a job', () => {
    expect(mistakes(minimal)).toEqual([]);
  });

  it('takes the branch from the commit or the tag', () => {
    const { branch: _, ...rest } = minimal;
    expect(mistakes({ ...rest, commit: { ...rest.commit, branch: 'main' } })).toEqual([]);
    expect(mistakes({ ...rest, tag: 'v1.0.0' })).toEqual([]);
    expect(mistakes(rest)).toEqual(['branch: is needed, unless the commit names one or a tag was built']);
  });

  it('wants jobs or stages, not both and not neither', () => {
    const { jobs: _, ...rest } = minimal;
    expect(mistakes({ ...rest, stages: [{ jobs: [{}] }] })).toEqual([]);
    expect(mistakes(rest)).toEqual(['jobs: give either jobs or stages with jobs']);
    expect(mistakes({ ...minimal, stages: [{ jobs: [{}] }] })).toEqual(['jobs: give either jobs or stages with jobs']);
    expect(mistakes({ ...minimal, jobs: [] })).toEqual(['jobs: must hold at least one job']);
  });

  it('stops at a thousand jobs, also when stages share them', () => {
    const half = { jobs: Array.from({ length: 501 }, () => ({})) };
    const { jobs: _, ...rest } = minimal;
    expect(mistakes({ ...rest, stages: [half, half] })).toEqual(['stages: hold 1002 jobs together, more than 1000']);
  });

  it('ties pull_request and event_type together', () => {
    expect(mistakes({ ...minimal, event_type: 'pull_request' })).toEqual([
      'pull_request: is needed when event_type is pull_request',
    ]);
    expect(mistakes({ ...minimal, event_type: 'push', pull_request: { number: 1 } })).toEqual([
      'pull_request: does not go with event_type push',
    ]);
    expect(mistakes({ ...minimal, pull_request: { number: 1 } })).toEqual([]);
  });

  it('names a repository by id alone or by owner and name', () => {
    expect(mistakes({ ...minimal, repository: { id: 1 } })).toEqual([]);
    expect(mistakes({ ...minimal, repository: { owner_name: 'octo' } })).toEqual([
      'repository: must have an id, or owner_name and name',
    ]);
    expect(mistakes({ ...minimal, repository: { id: 1, private: true } })).toEqual([
      'repository: must have nothing besides the id: the repository exists already',
    ]);
  });

  it.each([
    ['a mistyped key', { ...minimal, brunch: 'main' }, 'Unrecognized key: "brunch"'],
    ['a sha that is none', { ...minimal, commit: { sha: 'HEAD' } }, 'commit.sha: must be 7 to 64 hexadecimal digits'],
    [
      'a time without offset',
      { ...minimal, commit: { sha: '62aae5f', committed_at: '2021-01-10 05:36' } },
      'with its offset',
    ],
    ["Go's zero time", { ...minimal, commit: { sha: '62aae5f', committed_at: '0001-01-01T00:00:00Z' } }, 'after 1970'],
    ['a config that is no object', { ...minimal, config: [] }, 'config: must be an object'],
    ['an id that no column holds', { ...minimal, repository: { id: 2 ** 31 } }, 'repository.id'],
    ['a name with a slash', { ...minimal, repository: { owner_name: 'a/b', name: 'c' } }, 'must not contain a slash'],
    ['text instead of an object', 'build it', 'expected object'],
  ])('says what is wrong with %s', (_, body, message) => {
    expect(mistakes(body).join('\n')).toContain(message);
  });

  it('keeps a config exactly as it was sent', () => {
    const config = JSON.parse('{"__proto__":{"a":1},"b":[{"secure":"x"}]}') as object;
    const body = createBuildSchema.parse({ ...minimal, config });
    expect(JSON.stringify(body.config)).toBe('{"__proto__":{"a":1},"b":[{"secure":"x"}]}');
  });

  it('lists jobs with the index of their stage', () => {
    const { jobs: _, ...rest } = minimal;
    const staged = createBuildSchema.parse({
      ...rest,
      stages: [{ jobs: [{}, { queue: 'a' }] }, { jobs: [{ queue: 'b' }] }],
    });
    expect(jobsOf(staged).map(({ stage, job }) => [stage, job.queue])).toEqual([
      [0, undefined],
      [0, 'a'],
      [1, 'b'],
    ]);
    expect(jobsOf(createBuildSchema.parse(minimal))).toEqual([{ stage: null, job: {} }]);
  });
});
