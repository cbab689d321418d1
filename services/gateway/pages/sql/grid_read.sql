-- The counters of a batch's chunks, `$2` chunks to a cell.
select
    (chunk_no - 1) / $2::int as cell,
    sum(processed)::bigint as processed,
    sum(successful)::bigint as successful,
    sum(failed)::bigint as failed,
    bool_or(attempts < processed + coalesce(retried, 0)) as retrying
from exporter.chunks
left join gateway.wanted_chunks using (batch_id, chunk_no)
where batch_id = $1
group by 1
