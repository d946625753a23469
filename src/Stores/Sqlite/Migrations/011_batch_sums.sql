-- A batch's number among those of its job, from 1, and what all of a job's batches come to, those that are gone too.
alter table batches add column number_in_job integer not null default 0;

create table batch_sums (
    job_id  integer primary key,
    batches integer not null,
    runs    integer not null,
    last_at integer not null
) strict;

insert into batch_sums select job_id, count(*), sum(size), max(created_at) from batches group by job_id;
update batches set number_in_job = (select count(*) from batches o where o.job_id = batches.job_id and o.id <= batches.id);
