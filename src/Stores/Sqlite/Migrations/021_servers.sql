-- Where what runs in a pool runs, and in which queue of a cluster.
alter table pools add column executor text;
alter table pools add column partition text;
alter table pools add column account text;
alter table pools add column qos text;

-- Servers of the installation. An embedded database has one; the tables are those of the other store.
create table leases (
    name text primary key,
    holder text not null,
    incarnation text not null,
    fence integer not null,
    until integer not null
) strict;

create table nodes (
    name text primary key,
    incarnation text not null,
    url text not null,
    facts text not null,
    slot integer not null unique,
    draining integer not null default 0,
    since integer not null,
    seen_at integer not null
) strict;

create table notes (
    id integer primary key autoincrement,
    kind text not null,
    subject integer not null,
    body text not null,
    answer text,
    done_at integer
) strict;

create index notes_waiting on notes (id) where done_at is null;
