-- Secret scopes of the Databricks dialect. Values are sealed; the file they are sealed with is not in here.
-- A principal is a user's or a team's id, or one of the groups that are always there (see Core's Principal).
create table secret_scopes (
    name       text primary key,
    created_at integer not null
) strict, without rowid;

create table secrets (
    scope      text not null,
    name       text not null,
    sealed     text not null,
    changed_at integer not null,
    primary key (scope, name)
) strict, without rowid;

create table secret_rights (
    scope     text not null,
    principal integer not null,
    level     integer not null,
    primary key (scope, principal)
) strict, without rowid;
