-- The results that a newer attempt replaced, as they were stored. Not counted, exported or searched; they go with
-- their batch, else a month after they were replaced.
create table exporter.earlier_attempts (
    like exporter.results including defaults,
    replaced_at timestamptz not null default now(),
    primary key (batch_id, row_no, attempt)
) with (toast_tuple_target = 4080);
-- For the end of their month.
create index earlier_attempts_oldest on exporter.earlier_attempts (replaced_at);
