-- The tables and columns are those of the SQLite store as its scripts leave them; what differs is said where it does.
-- Timestamps are microseconds since 1970-01-01 UTC. States and reasons are the words of Core's enums. JSON is text: it is kept as it came.
-- Texts that are compared or sorted are compared by their bytes (collate "C"), whatever the database's language is.
-- Keys that SQLite appends its rowid to have the id as their last column here.

create table jobs (
    id              bigint primary key,
    dialect         text collate "C" not null,
    name            text collate "C" not null,
    name_folded     text collate "C" not null,   -- lower case of all scripts, by the program and not by the database's language
    owner_id        bigint not null,
    settings        text not null,
    version         integer not null,
    trigger         text not null,
    paused          boolean not null,
    max_concurrent  integer not null,
    queue_when_full boolean not null,
    created_at      bigint not null,
    changed_at      bigint not null,
    hidden          boolean not null,
    next_fire_at    bigint,
    deleted_at      bigint,                      -- the row stays for the runs that show it
    project_id      bigint,
    public_id       bigint,
    after_job_id    bigint,
    notify          text,
    continuous      boolean not null default false,
    failures        integer not null default 0
);

create index jobs_listed on jobs (id) where not hidden and deleted_at is null;
create index jobs_named on jobs (name_folded, id) where not hidden and deleted_at is null;
create index jobs_owned on jobs (owner_id, id) where not hidden and deleted_at is null;
create index jobs_due on jobs (next_fire_at, id) where next_fire_at is not null and not paused and deleted_at is null;
create index jobs_of_project on jobs (project_id, id) where project_id is not null and not hidden and deleted_at is null;
create unique index jobs_public on jobs (dialect, public_id) where public_id is not null;
create index jobs_after on jobs (after_job_id) where after_job_id is not null and deleted_at is null;
create index jobs_notifying on jobs (id) where notify is not null;
create index jobs_continuous on jobs (id) where continuous;

-- One row a job, kept with the moves; made numbers the runs and never falls.
create table job_counters (
    job_id                  bigint primary key,
    queued                  bigint not null,
    waiting                 bigint not null,
    running                 bigint not null,
    cancelling              bigint not null,
    waiting_for_retry       bigint not null,
    succeeded               bigint not null,
    succeeded_with_failures bigint not null,
    failed                  bigint not null,
    timed_out               bigint not null,
    cancelled               bigint not null,
    skipped                 bigint not null,
    made                    bigint not null
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 500);

-- Plans, shown settings and sweeps, shared by the runs that name them.
create table documents (
    hash text collate "C" primary key,
    text text not null,
    refs bigint not null
) with (fillfactor = 70);

-- A run moves soon after it was inserted, together with its neighbours: half of each page is left for that.
create table runs (
    id                bigint primary key,
    job_id            bigint not null,
    dialect           text collate "C" not null,
    kind              text collate "C" not null,
    name              text collate "C" not null,
    owner_id          bigint not null,
    number_in_job     bigint not null,
    trigger_kind      text not null,
    triggered_at      bigint,
    state             text collate "C" not null,
    reason_code       text not null,
    reason_text       text not null,
    round             integer not null default 0,
    charged_rounds    integer not null default 0,
    platform_rounds   integer not null default 0,
    resource_rounds   integer not null default 0,
    revision          integer not null default 0,
    plan_hash         text collate "C" not null,
    shown_hash        text collate "C" not null,
    overrides         text,
    max_concurrent    integer not null,
    queue_when_full   boolean not null,
    timeout_ms        bigint not null,
    idempotency_token text collate "C",
    parent_attempt_id bigint,
    created_at        bigint not null,
    started_at        bigint,
    ended_at          bigint,
    due_at            bigint,
    unique_name       text collate "C",
    exit_code         integer,
    batch_id          bigint,
    batch_index       bigint,
    -- Here alone: the state of a run that has ended. Indexes look at this and never at the state, so that a move of a living run touches no index.
    end_state         text collate "C" generated always as (case when ended_at is not null then state end) stored
) with (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index runs_of_job on runs (job_id, id);
create index runs_owned on runs (owner_id, id);
create index runs_of_dialect on runs (dialect, id);
create index runs_of_kind on runs (kind, dialect, id);
create index runs_owned_of_kind on runs (kind, owner_id, id);
create index runs_created on runs (created_at, id);
create index runs_open on runs (id) where ended_at is null;
-- What has ended, by when: retention takes the oldest, and what ended lately is counted from the index alone.
create index runs_ended on runs (ended_at, end_state, owner_id) where ended_at is not null;
create index runs_ended_badly on runs (id) where end_state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped');
create index runs_ended_badly_of_owner on runs (owner_id, id) where end_state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped');
create unique index runs_token on runs (dialect, owner_id, idempotency_token) where idempotency_token is not null;
-- A name that one run of a dialect and owner has at a time; one that begins with ~ is one run's of a dialect, whoever owns it.
create unique index runs_named on runs (dialect, owner_id, unique_name) where unique_name is not null;
create unique index runs_named_alone on runs (dialect, unique_name) where substr(unique_name, 1, 1) = '~';
create index runs_named_of_dialect on runs (dialect, id, owner_id) where unique_name is not null;
create index runs_named_of_owner on runs (owner_id, dialect, id) where unique_name is not null;
create unique index runs_of_batch on runs (batch_id, batch_index) where batch_id is not null;

-- What is left of a deleted run that had an idempotency token.
create table deleted_tokens (
    dialect  text collate "C" not null,
    owner_id bigint not null,
    token    text collate "C" not null,
    run_id   bigint not null,
    primary key (dialect, owner_id, token)
);

-- One row for each task instance, with its current attempt.
create table tasks (
    run_id        bigint not null,
    task          integer not null,
    idx           integer not null,
    attempt_id    bigint not null,
    task_key      text collate "C" not null,
    attempt       integer not null,
    state         text collate "C" not null,
    reason_code   text not null,
    reason_text   text not null,
    charged       integer not null default 0,
    free          integer not null default 0,
    input         text,
    node          text,
    handle        text,
    exit_code     integer,
    branch        boolean,
    child_run_id  bigint,
    outcome       text,
    stopping_code text,
    stopping_text text,
    ready_at      bigint,
    started_at    bigint,
    ended_at      bigint,
    due_at        bigint,
    ports         text,                          -- the ports an attempt holds, as label=port,port;label=port
    primary key (run_id, task, idx)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create unique index tasks_attempt on tasks (attempt_id);

-- Attempts that another one followed.
create table attempts (
    id            bigint primary key,
    run_id        bigint not null,
    task          integer not null,
    idx           integer not null,
    task_key      text collate "C" not null,
    attempt       integer not null,
    state         text collate "C" not null,
    reason_code   text not null,
    reason_text   text not null,
    charged       integer not null,
    free          integer not null,
    input         text,
    node          text,
    handle        text,
    exit_code     integer,
    branch        boolean,
    child_run_id  bigint,
    outcome       text,
    stopping_code text,
    stopping_text text,
    ready_at      bigint,
    started_at    bigint,
    ended_at      bigint,
    due_at        bigint,
    ports         text
);

create index attempts_of_run on attempts (run_id, task, idx, attempt);

create table events (
    seq         bigint primary key,
    run_id      bigint not null,
    task        integer,
    idx         integer,
    attempt_id  bigint,
    from_state  text not null,
    to_state    text not null,
    reason_code text not null,
    reason_text text not null,
    at          bigint not null
);

create index events_of_run on events (run_id, seq);

-- Numbers that must never fall, although the rows they came from may be deleted.
create table marks (
    name  text collate "C" primary key,
    value bigint not null
) with (fillfactor = 20);

-- By how many microseconds the order of creation times falls behind the order of ids, at most: lists of a span of time find their span of ids by it.
-- And the latest position given to an event.
insert into marks (name, value) values ('creation_disorder', 0), ('events', 0);

create table users (
    id            bigint primary key,
    name          text collate "C" not null unique,
    email         text,
    admin         boolean not null,
    password_hash text not null,
    created_at    bigint not null
);

create table tokens (
    id           bigint primary key,
    user_id      bigint not null,
    name         text collate "C" not null,
    prefix       text not null,
    hash         text collate "C" not null unique,
    created_at   bigint not null,
    expires_at   bigint,
    last_used_at bigint,
    revoked_at   bigint
) with (fillfactor = 70);

create index tokens_of_user on tokens (user_id, name);

create table settings (
    name  text collate "C" primary key,
    value text not null
);

create table pools (
    name       text collate "C" primary key,
    guaranteed integer not null,
    maximum    integer not null,
    open       boolean not null,
    executor   text,
    partition  text,
    account    text,
    qos        text
);

insert into pools (name, guaranteed, maximum, open) values ('default', 100, 100, true);

-- The pools a user may use beside the default one; a pool that is gone may still be named.
create table pool_grants (
    user_id bigint not null,
    pool    text collate "C" not null,
    primary key (user_id, pool)
);

create table projects (
    id          bigint primary key,
    owner_id    bigint not null,
    owner_name  text collate "C" not null,
    name        text collate "C" not null,
    slug        text collate "C" not null,
    environment text not null,
    created_at  bigint not null,
    changed_at  bigint not null,
    unique (owner_name, slug)
);

create index projects_owned on projects (owner_id, id);

-- Jobs to start since a run that they wait for succeeded; written with that run's end.
create table follow_ups (
    run_id bigint not null,
    job_id bigint not null,
    at     bigint not null,
    primary key (run_id, job_id)
);

-- One key a user, sealed so that its owner can look it up; found by its hash.
create table api_keys (
    user_id    bigint primary key,
    sealed     text not null,
    hash       text collate "C" not null unique,
    created_at bigint not null
);

-- The runs that one sweep makes. made tells how many of size there are; built_at is null while more are to come.
-- The states are counted with the moves.
create table batches (
    id                      bigint primary key,
    job_id                  bigint not null,
    job_version             integer not null,
    dialect                 text collate "C" not null,
    name                    text collate "C" not null,
    owner_id                bigint not null,
    settings_hash           text collate "C" not null,
    sweep_hash              text collate "C" not null,
    size                    bigint not null,
    made                    bigint not null default 0,
    created_at              bigint not null,
    built_at                bigint,
    problem                 text,
    queued                  bigint not null default 0,
    waiting                 bigint not null default 0,
    running                 bigint not null default 0,
    cancelling              bigint not null default 0,
    waiting_for_retry       bigint not null default 0,
    succeeded               bigint not null default 0,
    succeeded_with_failures bigint not null default 0,
    failed                  bigint not null default 0,
    timed_out               bigint not null default 0,
    cancelled               bigint not null default 0,
    skipped                 bigint not null default 0,
    token                   text collate "C",            -- names its start: asked for twice, it is made once
    number_in_job           bigint not null default 0
) with (fillfactor = 50);

create index batches_unbuilt on batches (id) where built_at is null;
create index batches_owned on batches (owner_id, id);
create index batches_of_job on batches (job_id, id);
create index batches_empty on batches (built_at) where made = 0;
create unique index batches_by_token on batches (token) where token is not null;

-- What all of a job's batches come to, those that are gone too.
create table batch_sums (
    job_id  bigint primary key,
    batches bigint not null,
    runs    bigint not null,
    last_at bigint not null
);

-- What happened to runs and attempts (0 for the run as a whole) of jobs that tell somebody, and that something lasts too long;
-- written with the move, gone as soon as the notices about it are written.
create table happenings (
    seq        bigint generated by default as identity primary key,
    run_id     bigint not null,
    attempt_id bigint not null default 0,
    overdue    boolean not null default false,
    last       boolean not null default true,
    state      text collate "C" not null,
    at         bigint not null,
    notify     text not null,
    unique (run_id, attempt_id, state, overdue)
);

-- Living runs and attempts of which somebody is told when they last too long; written with their start, gone with their end.
create table warnings (
    run_id     bigint not null,
    attempt_id bigint not null,
    due_at     bigint not null,
    primary key (run_id, attempt_id)
);

create index warnings_due on warnings (due_at);

-- The outbox. due_at is null for what is not sent any more.
create table notices (
    seq          bigint generated by default as identity primary key,
    id           text collate "C" not null unique,
    run_id       bigint,
    kind         text collate "C" not null,
    target       text not null,
    lane         text collate "C" not null,
    what         text not null,
    headers      text not null,
    body         text collate "C",
    verify_tls   boolean not null,
    state        text collate "C" not null,
    tries        integer not null,
    made_at      bigint not null,
    tried_at     bigint,
    due_at       bigint,
    problem      text not null,
    sealed_about bigint,
    sealed       text
);

create index notices_waiting on notices (lane, due_at, seq) where due_at is not null;
create index notices_of_body on notices (body) where due_at is not null;
create index notices_of_run on notices (run_id) where run_id is not null;

-- What is still to be sent, once for all notices that say the same.
create table notice_bodies (
    hash    text collate "C" primary key,
    content bytea not null
);

-- Named receivers of notices. An address that is secret is sealed to a number.
create table destinations (
    seq          bigint generated by default as identity primary key,
    id           text collate "C" not null unique,
    name         text not null,
    kind         text not null,
    settings     text not null,
    sealed_about bigint,
    sealed       text,
    created_at   bigint not null
);

create table teams (
    id         bigint primary key,
    name       text collate "C" not null unique,
    created_at bigint not null
);

create table team_members (
    team_id bigint not null,
    user_id bigint not null,
    admin   boolean not null,
    primary key (team_id, user_id)
);

create index team_members_of_user on team_members (user_id);

-- What jobs that wait for files have seen of their directories.
create table arrivals (
    job_id bigint primary key,
    state  text not null
);

-- Secret scopes of the Databricks dialect. Values are sealed; the file they are sealed with is not in here.
-- A principal is a user's or a team's id, or one of the groups that are always there (see Core's Principal).
create table secret_scopes (
    name       text collate "C" primary key,
    created_at bigint not null
);

create table secrets (
    scope      text collate "C" not null,
    name       text collate "C" not null,
    sealed     text not null,
    changed_at bigint not null,
    primary key (scope, name)
);

create table secret_rights (
    scope     text collate "C" not null,
    principal bigint not null,
    level     integer not null,
    primary key (scope, principal)
);

-- Who was given what on a job beside its owner. The rows stay when a job is deleted: they open its runs.
create table job_rights (
    job_id    bigint not null,
    principal bigint not null,
    level     integer not null,
    primary key (job_id, principal)
);

create index job_rights_of_principal on job_rights (principal, job_id);

-- The passes over a run that was repaired: the first, whose repair is null, and the repairs. How the last one went is told by the run itself.
create table passes (
    run_id      bigint not null,
    no          integer not null,
    repair_id   bigint,
    started_at  bigint not null,
    ended_at    bigint,
    state       text,
    reason_code text,
    reason_text text,
    primary key (run_id, no)
);

-- Clusters that stand by themselves (run_id is null), and those of runs that were ended before their time.
create table clusters (
    id         text collate "C" primary key,
    run_id     bigint,
    owner_id   bigint not null,
    settings   text not null,
    running    boolean not null,
    created_at bigint not null,
    changed_at bigint not null,
    changed_by text not null
);

create index clusters_of_run on clusters (run_id) where run_id is not null;
create index clusters_listed on clusters (id) where run_id is null;

-- Rights of servers, by turns; the fence rises with each holder.
create table leases (
    name        text collate "C" primary key,
    holder      text not null,
    incarnation text not null,
    fence       bigint not null,
    until       bigint not null
) with (fillfactor = 20);

create table nodes (
    name        text collate "C" primary key,
    incarnation text not null,
    url         text not null,
    facts       text not null,
    slot        integer not null unique,
    draining    boolean not null default false,
    since       bigint not null,
    seen_at     bigint not null
) with (fillfactor = 20);

-- What the leader is to do; an answer is kept for a while after it.
create table notes (
    id      bigint generated by default as identity primary key,
    kind    text not null,
    subject bigint not null,
    body    text not null,
    answer  text,
    done_at bigint
);

create index notes_waiting on notes (id) where done_at is null;
