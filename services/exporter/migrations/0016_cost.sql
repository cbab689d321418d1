-- In micro-dollars: what was paid for a row's picture in its stored attempt, and for a chunk's in all attempts.
alter table exporter.results add column cost int not null default 0;
alter table exporter.chunks add column cost bigint not null default 0;
