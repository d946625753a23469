-- What happened to attempts too (0 for the run as a whole), and that something lasts too long.
create table happenings_next (
    seq        integer primary key,
    run_id     integer not null,
    attempt_id integer not null default 0,
    overdue    integer not null default 0,
    last       integer not null default 1,
    state      text not null,
    at         integer not null,
    notify     text not null,
    unique (run_id, attempt_id, state, overdue)
) strict;

insert into happenings_next (seq, run_id, state, at, notify) select seq, run_id, state, at, notify from happenings;
drop table happenings;
alter table happenings_next rename to happenings;

-- Living runs and attempts of which somebody is told when they last too long; written with their start, gone with their end.
create table warnings (
    run_id     integer not null,
    attempt_id integer not null,
    due_at     integer not null,
    primary key (run_id, attempt_id)
) strict, without rowid;

create index warnings_due on warnings (due_at);

-- Named receivers of notices. An address that is secret is sealed to a number.
create table destinations (
    seq          integer primary key,
    id           text not null unique,
    name         text not null,
    kind         text not null,
    settings     text not null,
    sealed_about integer,
    sealed       text,
    created_at   integer not null
) strict;

alter table notices add column sealed_about integer;
alter table notices add column sealed text;

-- Unpaused jobs that always have a run: when one ends, the next is due, the later the more of them failed in a row.
alter table jobs add column continuous integer not null default 0;
alter table jobs add column failures integer not null default 0;
create index jobs_continuous on jobs (id) where continuous = 1;

-- What jobs that wait for files have seen of their directories.
create table arrivals (
    job_id integer primary key,
    state  text not null
) strict;
