-- The runs that one sweep makes. made tells how many of size there are; built_at is null while more are to come.
-- The states are counted with the moves.
create table batches (
    id                      integer primary key,
    job_id                  integer not null,
    job_version             integer not null,
    dialect                 text not null,
    name                    text not null,
    owner_id                integer not null,
    settings_hash           text not null,
    sweep_hash              text not null,
    size                    integer not null,
    made                    integer not null default 0,
    created_at              integer not null,
    built_at                integer,
    problem                 text,
    queued                  integer not null default 0,
    waiting                 integer not null default 0,
    running                 integer not null default 0,
    cancelling              integer not null default 0,
    waiting_for_retry       integer not null default 0,
    succeeded               integer not null default 0,
    succeeded_with_failures integer not null default 0,
    failed                  integer not null default 0,
    timed_out               integer not null default 0,
    cancelled               integer not null default 0,
    skipped                 integer not null default 0
) strict;

create index batches_unbuilt on batches (id) where built_at is null;
create index batches_owned on batches (owner_id);
create index batches_of_job on batches (job_id);
create index batches_empty on batches (built_at) where made = 0;

-- The batch of a run and its place there; null for a plain run. The index is what makes each point one run.
alter table runs add column batch_id integer;
alter table runs add column batch_index integer;
create unique index runs_of_batch on runs (batch_id, batch_index) where batch_id is not null;
