-- The open slices of claimed batches; ages in seconds, so that no two clocks are compared.
select batch_id, first_row, last_row, chunk_no, first_byte, end_byte, dispatch, log_partition, log_offset, worker,
       finished_at is not null as finished, released_at is not null as released,
       extract(epoch from now() - coalesce(finished_at, released_at, dispatched_at))::float8 as age
from ingest.slices
where batch_id = any($1::uuid[])
order by batch_id, first_row
