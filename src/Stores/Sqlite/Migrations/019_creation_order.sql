-- By how many microseconds the order of creation times falls behind the order of ids, at most. Lists of a span of time find their span of ids by it.
insert into marks (name, value)
select 'creation_disorder', coalesce(max(latest - created_at), 0) from (select created_at, max(created_at) over (order by id) as latest from runs);
