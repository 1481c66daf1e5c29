-- One message a transaction: what Hub sends to PostgreSQL for one receive, start or finish of a job, without Hub.
-- Variables: first_job, jobs (the jobs that were seeded). A colon inside a text is written \u003a or \x3a, or has a
-- space behind it, because pgbench takes it for the beginning of a variable everywhere.

\set job :first_job + random(0, :jobs - 1)
\set kind random(1, 3)
-- A build has about 3.5 jobs: so many of the starts and finishes are its first and its last.
\set of_build random(1, 100)

BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('timezone', 'UTC', true), set_config('search_path', 'public', true), set_config('lock_timeout', '1000', true), set_config('statement_timeout', '10000', true), set_config('idle_in_transaction_session_timeout', '15000', true);

-- Lock the build, its repository, the job; read what stands around them.
SELECT id AS build, repository_id AS repository, number, state, previous_state, config_id, duration, received_at, started_at, finished_at, canceled_at, restarted_at FROM builds WHERE id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY (ARRAY[:job]::bigint[]) AND source_type = 'Build') || ARRAY[]::bigint[]) ORDER BY id FOR NO KEY UPDATE \gset
\if :kind > 1
SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at, last_build_finished_at, current_build_id FROM repositories WHERE id = ANY (ARRAY[:repository]::integer[]) ORDER BY id FOR NO KEY UPDATE;
\endif
SELECT id, source_id AS build_id, repository_id, stage_id, number, allow_failure, queue, state, queued_at, received_at, started_at, finished_at, canceled_at, restarted_at, vm_size, restarted_by FROM jobs WHERE source_type = 'Build' AND (id = ANY (ARRAY[:job]::bigint[]) OR source_id = ANY (ARRAY[]::bigint[])) ORDER BY id FOR NO KEY UPDATE;
SELECT id, source_id AS build_id, repository_id, stage_id, number, allow_failure, queue, state, queued_at, received_at, started_at, finished_at, canceled_at, restarted_at, vm_size, restarted_by FROM jobs WHERE source_type = 'Build' AND source_id = ANY (ARRAY[:build]::bigint[]) AND id <> ALL (ARRAY[:job]::bigint[]);
SELECT job_id, run FROM hub.jobs WHERE job_id = ANY (ARRAY[:job]::bigint[]);
SELECT coalesce(max(last_seq), 0) AS seq, max(restarted_from) AS restarted_from FROM hub.builds WHERE build_id = ANY (ARRAY[:build]::bigint[]) \gset
SELECT id, build_id, number, name, state, started_at, finished_at FROM stages WHERE build_id = ANY (ARRAY[:build]::bigint[]) ORDER BY id;
SELECT job_id, ordinal, uuid, last_count, received_at, instance_id, run FROM hub.job_runs WHERE job_id = ANY (ARRAY[:job]::bigint[]) ORDER BY job_id, ordinal;
\if :kind = 2
SELECT c.id FROM unnest(ARRAY[:build]::bigint[], ARRAY[:repository]::integer[]) AS c(id, repository_id) WHERE EXISTS (SELECT 1 FROM builds n WHERE n.repository_id = c.repository_id AND n.id > c.id AND n.id <> ALL (ARRAY[:build]::bigint[]) AND n.state IN ('started', 'passed', 'failed', 'errored', 'canceled'));
\endif

-- Write the job, and with the first start and the last finish of a build its stage, itself and its repository.
\if :kind = 1
UPDATE jobs t SET state = 'received', received_at = statement_timestamp() WHERE t.id = :job;
\elif :kind = 2
UPDATE jobs t SET state = 'started', started_at = statement_timestamp(), vm_size = 'm6g.xlarge' WHERE t.id = :job;
\else
UPDATE jobs t SET state = 'passed', finished_at = statement_timestamp() WHERE t.id = :job;
DELETE FROM queueable_jobs WHERE job_id = ANY (ARRAY[:job]::bigint[]);
\endif
\if :kind = 2 and :of_build <= 29
UPDATE stages t SET state = 'started', started_at = statement_timestamp() WHERE t.build_id = :build AND t.number = 1;
UPDATE builds t SET state = 'started', started_at = statement_timestamp(), received_at = statement_timestamp() WHERE t.id = :build;
UPDATE repositories t SET last_build_id = :build, last_build_number = '1', last_build_state = 'started', last_build_started_at = statement_timestamp(), last_build_finished_at = NULL, current_build_id = :build, updated_at = statement_timestamp() WHERE t.id = :repository;
\elif :kind = 3 and :of_build <= 29
UPDATE stages t SET state = 'passed', finished_at = statement_timestamp() WHERE t.build_id = :build AND t.number = 1;
UPDATE builds t SET state = 'passed', duration = 30, finished_at = statement_timestamp() WHERE t.id = :build;
UPDATE repositories t SET last_build_state = 'passed', last_build_duration = 30, last_build_finished_at = statement_timestamp(), updated_at = statement_timestamp() WHERE t.id = :repository;
\endif

-- Remember the worker's run, record the events.
INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, received_at, instance_id, run) VALUES (:job, 1, '870f986d-a88f-4801-86cc-3d2dbc6c80da', :kind - 1, statement_timestamp(), 'travis-job-870f986d-a88f-4801-86cc-3d2dbc6c80da', 1) ON CONFLICT (job_id, ordinal) DO UPDATE SET last_count = excluded.last_count, received_at = excluded.received_at, instance_id = excluded.instance_id, run = excluded.run;
\if :kind > 1 and :of_build <= 29
INSERT INTO hub.builds (build_id, last_seq, restarted_from) VALUES (:build, :seq + 2, NULL) ON CONFLICT (build_id) DO UPDATE SET last_seq = excluded.last_seq, restarted_from = excluded.restarted_from;
INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at) VALUES (:build, :seq + 1, E'build\x3astarted', NULL, :repository, statement_timestamp(), '{"jobs": [{"id": 721270, "queue": "builds.ec2", "state": "started", "number": "1.1", "vm_size": "m6g.xlarge", "stage_id": null, "queued_at": "2026-01-01T10\u003a20\u003a30.000Z", "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": null, "received_at": "2026-01-01T10\u003a20\u003a30.000Z", "restarted_at": null, "allow_failure": false}, {"id": 721271, "queue": "builds.ec2", "state": "queued", "number": "1.2", "vm_size": null, "stage_id": null, "queued_at": "2026-01-01T10\u003a20\u003a30.000Z", "started_at": null, "canceled_at": null, "finished_at": null, "received_at": null, "restarted_at": null, "allow_failure": false}, {"id": 721272, "queue": "builds.ec2", "state": "queued", "number": "1.3", "vm_size": null, "stage_id": null, "queued_at": "2026-01-01T10\u003a20\u003a30.000Z", "started_at": null, "canceled_at": null, "finished_at": null, "received_at": null, "restarted_at": null, "allow_failure": false}], "build": {"id": 721269, "state": "started", "number": "1", "duration": null, "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": null, "restarted_at": null, "previous_state": null}, "cause": {"command": "job\u003astart", "vm_size": "m6g.xlarge"}, "stages": [], "repository": {"id": 12, "last_build_id": 721269, "current_build_id": 721269, "last_build_state": "started", "last_build_number": "1", "last_build_duration": null, "last_build_started_at": "2026-01-01T10\u003a20\u003a30.000Z", "last_build_finished_at": null}}'::jsonb, NULL), (:build, :seq + 2, E'job\x3astarted', :job, :repository, statement_timestamp(), '{"job": {"id": 721270, "queue": "builds.ec2", "state": "started", "number": "1.1", "vm_size": "m6g.xlarge", "stage_id": null, "queued_at": "2026-01-01T10\u003a20\u003a30.000Z", "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": null, "received_at": "2026-01-01T10\u003a20\u003a30.000Z", "restarted_at": null, "allow_failure": false}, "build": {"id": 721269, "state": "started", "number": "1", "duration": null, "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": null, "restarted_at": null, "previous_state": null}, "cause": {"command": "job\u003astart", "vm_size": "m6g.xlarge"}}'::jsonb, statement_timestamp()) RETURNING id, build_id, seq;
\else
INSERT INTO hub.builds (build_id, last_seq, restarted_from) VALUES (:build, :seq + 1, NULL) ON CONFLICT (build_id) DO UPDATE SET last_seq = excluded.last_seq, restarted_from = excluded.restarted_from;
INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at) VALUES (:build, :seq + 1, E'job\x3afinished', :job, :repository, statement_timestamp(), '{"job": {"id": 721270, "queue": "builds.ec2", "state": "passed", "number": "1.1", "vm_size": "m6g.xlarge", "stage_id": null, "queued_at": "2026-01-01T10\u003a20\u003a30.000Z", "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": "2026-01-01T10\u003a20\u003a30.000Z", "received_at": "2026-01-01T10\u003a20\u003a30.000Z", "restarted_at": null, "allow_failure": false}, "build": {"id": 721269, "state": "started", "number": "1", "duration": null, "started_at": "2026-01-01T10\u003a20\u003a30.000Z", "canceled_at": null, "finished_at": null, "restarted_at": null, "previous_state": null}, "cause": {"command": "job\u003afinish", "vm_size": "m6g.xlarge"}}'::jsonb, statement_timestamp()) RETURNING id, build_id, seq;
\endif
COMMIT;
