-- The counters of a range of chunks; a chunk without a result has no row.
select chunk_no, processed, successful, failed, errors::text as errors, worker, first_result_at, last_result_at
from exporter.chunks
where batch_id = $1 and chunk_no between $2 and $3
order by chunk_no
