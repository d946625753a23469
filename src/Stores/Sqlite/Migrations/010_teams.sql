create table teams (
    id         integer primary key,
    name       text not null unique,
    created_at integer not null
) strict;

create table team_members (
    team_id integer not null,
    user_id integer not null,
    admin   integer not null,
    primary key (team_id, user_id)
) strict, without rowid;

create index team_members_of_user on team_members (user_id);
