/** Every kind of problem the API answers with: the end of its `type`, its HTTP status and its title. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'malformed-body': { status: 400, title: 'The body cannot be read' },
  unauthorized: { status: 401, title: 'Credentials are needed' },
  'not-found': { status: 404, title: 'There is no such thing' },
  conflict: { status: 409, title: 'The request does not fit the current state' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  unprocessable: { status: 422, title: 'The request cannot be carried out' },
  'too-many-requests': { status: 429, title: 'Too many attempts' },
  'internal-error': { status: 500, title: 'Something went wrong in Hub' },
  unavailable: { status: 503, title: 'Hub cannot answer right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemName = keyof typeof PROBLEMS;

/** One thing wrong with a request: where (`jobs.0.queue`; empty for the whole) and what. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** Body of an `application/problem+json` answer (RFC 9457). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Why a command changed nothing, for programs: `job_is_passed`, `cancellation_disabled`, … */
  readonly reason?: string;
  readonly errors?: readonly FieldError[];
}

export interface ProblemOptions {
  /** What is wrong and what to do about it; shown to the caller, so it must hold no secret. */
  readonly detail: string;
  readonly reason?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown anywhere below a controller to answer a request with a problem. */
export class Problem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemBody;

  constructor(
    readonly problem: ProblemName,
    options: ProblemOptions,
  ) {
    super(options.detail, { cause: options.cause });
    this.name = 'Problem';
    const { status, title } = PROBLEMS[problem];
    this.status = status;
    this.headers = options.headers ?? {};
    this.body = {
      type: `urn:hub:problem:${problem}`,
      title,
      status,
      detail: options.detail,
      ...(options.reason !== undefined && { reason: options.reason }),
      ...(options.errors && { errors: options.errors }),
    };
  }
}

/** The problem of an id or name that is not known. */
export function notFound(what: string): Problem {
  return new Problem('not-found', { detail: `There is no ${what}.` });
}
