-- A name that begins with ~ is one run's of a dialect, whoever owns it.
create unique index runs_named_alone on runs (dialect, unique_name) where substr(unique_name, 1, 1) = '~';
