-- Chunks whose results are not indexed as they are now, at most $1: of ended runs, those that ended last first,
-- then those of running batches that are whole and quiet.
select c.batch_id, c.chunk_no
from exporter.chunks as c
join gateway.batches as b using (batch_id)
left join lifecycle.terminal as t on t.batch_id = b.batch_id and t.run = b.run
where
    not c.indexed
    and b.desired <> 'deleted'
    and (
        t.batch_id is not null
        or (
            c.processed >= least(b.chunk_size, b.total_urls - (c.chunk_no - 1)::bigint * b.chunk_size)
            and c.last_result_at < now() - interval '60 seconds'
        )
    )
order by t.at desc nulls last, c.batch_id, c.chunk_no
limit $1
