-- What ended lately is counted from the index alone.
drop index runs_ended;
create index runs_ended on runs (ended_at, state, owner_id) where ended_at is not null;

-- What ended badly of one owner, without a look at what did of the others.
create index runs_ended_badly_of_owner on runs (owner_id) where state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped');
