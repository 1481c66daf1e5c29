import { expectHeaders, Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

/** The Job Board, as far as Hub calls it: takes a DELETE byte for byte, and knows which jobs it has. */
export class JobBoardService extends StrictService {
  readonly jobs = new Set<number>();

  constructor(
    private readonly user: string,
    private readonly password: string,
    private readonly site: 'org' | 'com',
  ) {
    super();
  }

  /** Its address with user and password, as JOB_BOARD_URL holds it. */
  get url(): string {
    const url = new URL(this.origin);
    url.username = encodeURIComponent(this.user);
    url.password = encodeURIComponent(this.password);
    return url.href.replace(/\/$/, '');
  }

  protected understand(call: ServiceCall): Understood {
    const path = /^\/jobs\/([1-9]\d*)\?source=hub$/.exec(call.target);
    if (call.method !== 'DELETE' || !path) throw new Misunderstanding(404, 'there is nothing of that name');
    const basic = Buffer.from(`${this.user}:${this.password}`).toString('base64');
    expectHeaders(call, { authorization: `Basic ${basic}`, 'travis-site': this.site });
    if (call.body.length > 0) throw new Misunderstanding(400, 'it has a body');
    return () => {
      // Also for a job that it does not have.
      this.jobs.delete(Number(path[1]));
      return { status: 204 };
    };
  }
}
