create table projects (
    id          integer primary key,
    owner_id    integer not null,
    owner_name  text not null,
    name        text not null,
    slug        text not null,
    environment text not null,
    created_at  integer not null,
    changed_at  integer not null,
    unique (owner_name, slug)
) strict;

create index projects_owned on projects (owner_id);

-- The project a job belongs to, its short id in its own API, and the job after whose successful runs it runs.
alter table jobs add column project_id integer;
alter table jobs add column public_id integer;
alter table jobs add column after_job_id integer;
create index jobs_of_project on jobs (project_id) where project_id is not null and hidden = 0 and deleted_at is null;
create unique index jobs_public on jobs (dialect, public_id) where public_id is not null;
create index jobs_after on jobs (after_job_id) where after_job_id is not null and deleted_at is null;

-- Jobs to start since a run that they wait for succeeded; written with that run's end.
create table follow_ups (
    run_id integer not null,
    job_id integer not null,
    at     integer not null,
    primary key (run_id, job_id)
) strict, without rowid;

-- One key a user, sealed so that its owner can look it up; found by its hash.
create table api_keys (
    user_id    integer primary key,
    sealed     text not null,
    hash       text not null unique,
    created_at integer not null
) strict;
