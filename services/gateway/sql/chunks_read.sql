-- The counters of a range of chunks; a chunk without a result has no row.
select
    chunk_no, processed, successful, failed, attempts < processed + coalesce(retried, 0) as retrying,
    errors::text as errors, worker, first_result_at, last_result_at
from exporter.chunks
left join gateway.wanted_chunks using (batch_id, chunk_no)
where batch_id = $1 and chunk_no between $2 and $3
order by chunk_no
