-- A name that one run of a dialect and owner has at a time.
alter table runs add column unique_name text;
create unique index runs_named on runs (dialect, owner_id, unique_name) where unique_name is not null;

-- The ports an attempt holds, as label=port,port;label=port.
alter table tasks add column ports text;
alter table attempts add column ports text;

create table pools (
    name       text primary key,
    guaranteed integer not null,
    maximum    integer not null,
    open       integer not null
) strict, without rowid;

insert into pools (name, guaranteed, maximum, open) values ('default', 100, 100, 1);

-- The pools a user may use beside the default one; a pool that is gone may still be named.
create table pool_grants (
    user_id integer not null,
    pool    text not null,
    primary key (user_id, pool)
) strict, without rowid;
