-- The exit code that decided a run's end: lists show it for thousands at once.
alter table runs add column exit_code integer;

update runs set exit_code = (
    select exit_code from tasks where run_id = runs.id and state in ('Failed', 'TimedOut', 'Lost') order by ended_at desc limit 1)
where state in ('Failed', 'TimedOut');

-- Pages of runs that have a name: what is passed over on the way to a page is read from here alone, its owner too.
create index runs_named_of_dialect on runs (dialect, id, owner_id) where unique_name is not null;
create index runs_named_of_owner on runs (owner_id, dialect) where unique_name is not null;
