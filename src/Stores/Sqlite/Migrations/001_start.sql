-- Timestamps are microseconds since 1970-01-01 UTC. States and reasons are the words of Core's enums.

create table jobs (
    id              integer primary key,
    dialect         text not null,
    name            text not null,
    name_folded     text not null,          -- lower case of all scripts; SQLite's own nocase knows ASCII only
    owner_id        integer not null,
    settings        text not null,
    version         integer not null,
    trigger         text not null,
    paused          integer not null,
    max_concurrent  integer not null,
    queue_when_full integer not null,
    created_at      integer not null,
    changed_at      integer not null,
    hidden          integer not null,
    next_fire_at    integer,
    deleted_at      integer                 -- the row stays for the runs that show it
) strict;

create index jobs_listed on jobs (id) where hidden = 0 and deleted_at is null;
create index jobs_named on jobs (name_folded) where hidden = 0 and deleted_at is null;
create index jobs_owned on jobs (owner_id) where hidden = 0 and deleted_at is null;
create index jobs_due on jobs (next_fire_at) where next_fire_at is not null and paused = 0 and deleted_at is null;

-- One row a job, kept with the moves; made numbers the runs and never falls.
create table job_counters (
    job_id                  integer primary key,
    queued                  integer not null,
    waiting                 integer not null,
    running                 integer not null,
    cancelling              integer not null,
    waiting_for_retry       integer not null,
    succeeded               integer not null,
    succeeded_with_failures integer not null,
    failed                  integer not null,
    timed_out               integer not null,
    cancelled               integer not null,
    skipped                 integer not null,
    made                    integer not null
) strict;

-- Plans and shown settings, shared by the runs that name them.
create table documents (
    hash text primary key,
    text text not null,
    refs integer not null
) strict;

create table runs (
    id                integer primary key,
    job_id            integer not null,
    dialect           text not null,
    kind              text not null,
    name              text not null,
    owner_id          integer not null,
    number_in_job     integer not null,
    trigger_kind      text not null,
    triggered_at      integer,
    state             text not null,
    reason_code       text not null,
    reason_text       text not null,
    round             integer not null default 0,
    charged_rounds    integer not null default 0,
    platform_rounds   integer not null default 0,
    resource_rounds   integer not null default 0,
    revision          integer not null default 0,
    plan_hash         text not null,
    shown_hash        text not null,
    overrides         text,
    max_concurrent    integer not null,
    queue_when_full   integer not null,
    timeout_ms        integer not null,
    idempotency_token text,
    parent_attempt_id integer,
    created_at        integer not null,
    started_at        integer,
    ended_at          integer,
    due_at            integer
) strict;

create index runs_of_job on runs (job_id);
create index runs_owned on runs (owner_id);
create index runs_of_dialect on runs (dialect);
create index runs_created on runs (created_at);
create index runs_open on runs (id) where ended_at is null;
create index runs_ended_badly on runs (id) where state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped');
create unique index runs_token on runs (dialect, owner_id, idempotency_token) where idempotency_token is not null;

-- What is left of a deleted run that had an idempotency token.
create table deleted_tokens (
    dialect  text not null,
    owner_id integer not null,
    token    text not null,
    run_id   integer not null,
    primary key (dialect, owner_id, token)
) strict, without rowid;

-- One row for each task instance, with its current attempt.
create table tasks (
    run_id        integer not null,
    task          integer not null,
    idx           integer not null,
    attempt_id    integer not null,
    task_key      text not null,
    attempt       integer not null,
    state         text not null,
    reason_code   text not null,
    reason_text   text not null,
    charged       integer not null default 0,
    free          integer not null default 0,
    input         text,
    node          text,
    handle        text,
    exit_code     integer,
    branch        integer,
    child_run_id  integer,
    outcome       text,
    stopping_code text,
    stopping_text text,
    ready_at      integer,
    started_at    integer,
    ended_at      integer,
    due_at        integer,
    primary key (run_id, task, idx)
) strict, without rowid;

create unique index tasks_attempt on tasks (attempt_id);

-- Attempts that another one followed.
create table attempts (
    id            integer primary key,
    run_id        integer not null,
    task          integer not null,
    idx           integer not null,
    task_key      text not null,
    attempt       integer not null,
    state         text not null,
    reason_code   text not null,
    reason_text   text not null,
    charged       integer not null,
    free          integer not null,
    input         text,
    node          text,
    handle        text,
    exit_code     integer,
    branch        integer,
    child_run_id  integer,
    outcome       text,
    stopping_code text,
    stopping_text text,
    ready_at      integer,
    started_at    integer,
    ended_at      integer,
    due_at        integer
) strict;

create index attempts_of_run on attempts (run_id, task, idx, attempt);

create table events (
    seq         integer primary key,
    run_id      integer not null,
    task        integer,
    idx         integer,
    attempt_id  integer,
    from_state  text not null,
    to_state    text not null,
    reason_code text not null,
    reason_text text not null,
    at          integer not null
) strict;

create index events_of_run on events (run_id);

-- Numbers that must never fall, although the rows they came from may be deleted.
create table marks (
    name  text primary key,
    value integer not null
) strict, without rowid;

create table users (
    id            integer primary key,
    name          text not null unique,
    email         text,
    admin         integer not null,
    password_hash text not null,
    created_at    integer not null
) strict;

create table tokens (
    id           integer primary key,
    user_id      integer not null,
    name         text not null,
    prefix       text not null,
    hash         text not null unique,
    created_at   integer not null,
    expires_at   integer,
    last_used_at integer,
    revoked_at   integer
) strict;

create index tokens_of_user on tokens (user_id, name);

create table settings (
    name  text primary key,
    value text not null
) strict, without rowid;
