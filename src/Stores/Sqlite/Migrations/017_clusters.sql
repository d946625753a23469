-- Clusters that stand by themselves (run_id is null), and those of runs that were ended before their time.
create table clusters (
    id         text primary key,
    run_id     integer,
    owner_id   integer not null,
    settings   text not null,
    running    integer not null,
    created_at integer not null,
    changed_at integer not null,
    changed_by text not null
) strict, without rowid;

create index clusters_of_run on clusters (run_id) where run_id is not null;
create index clusters_listed on clusters (owner_id, id) where run_id is null;
