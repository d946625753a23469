-- What has ended, by when: retention takes the oldest without looking at the others.
create index runs_ended on runs (ended_at) where ended_at is not null;
