-- Lists of one kind of runs alone, however few of them there are among the others.
create index runs_of_kind on runs (kind, dialect);
create index runs_owned_of_kind on runs (kind, owner_id);
