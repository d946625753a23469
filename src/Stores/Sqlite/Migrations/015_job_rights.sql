-- Who was given what on a job of the Databricks dialect beside its owner. A principal is a user's or a team's id, or one of
-- the groups that are always there. The rows stay when a job is deleted: they open its runs.
create table job_rights (
    job_id    integer not null,
    principal integer not null,
    level     integer not null,
    primary key (job_id, principal)
) strict, without rowid;

create index job_rights_of_principal on job_rights (principal, job_id);
