-- Names the start of a batch: asked for twice, it is made once.
alter table batches add column token text;
create unique index batches_by_token on batches (token) where token is not null;
