-- The passes over a run that was repaired: the first, whose repair is null, and the repairs. How the last one went is told by the run itself.
create table passes (
    run_id      integer not null,
    no          integer not null,
    repair_id   integer,
    started_at  integer not null,
    ended_at    integer,
    state       text,
    reason_code text,
    reason_text text,
    primary key (run_id, no)
) strict, without rowid;
