-- Whom a job's runs tell; null for nobody. The index spares the others a look at their row when a run starts or ends.
alter table jobs add column notify text;
create index jobs_notifying on jobs (id) where notify is not null;

-- What happened to runs of such jobs, written with the move; gone as soon as the notices about it are written.
create table happenings (
    seq    integer primary key,
    run_id integer not null,
    state  text not null,
    at     integer not null,
    notify text not null,
    unique (run_id, state)
) strict;

-- The outbox. due_at is null for what is not sent any more.
create table notices (
    seq        integer primary key,
    id         text not null unique,
    run_id     integer,
    kind       text not null,
    target     text not null,
    lane       text not null,
    what       text not null,
    headers    text not null,
    body       text,
    verify_tls integer not null,
    state      text not null,
    tries      integer not null,
    made_at    integer not null,
    tried_at   integer,
    due_at     integer,
    problem    text not null
) strict;

create index notices_waiting on notices (lane, due_at, seq) where due_at is not null;
create index notices_of_body on notices (body) where due_at is not null;
create index notices_of_run on notices (run_id) where run_id is not null;

-- What is still to be sent, once for all notices that say the same.
create table notice_bodies (
    hash    text primary key,
    content blob not null
) strict;
