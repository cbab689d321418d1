-- The batches ($1; null: all) whose run has not ended and whose every row has a result.
select b.batch_id, b.run, b.version, b.total_urls, c.successful, c.failed
from gateway.batches as b
cross join lateral (
    select sum(processed) as processed, sum(successful) as successful, sum(failed) as failed
    from exporter.chunks
    where batch_id = b.batch_id
) as c
where
    ($1::uuid[] is null or b.batch_id = any($1))
    and b.desired not in ('cancelled', 'deleted')
    and not exists (select from lifecycle.terminal as t where t.batch_id = b.batch_id and t.run = b.run)
    and c.processed = b.total_urls
