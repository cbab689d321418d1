-- What an ingest's end of a batch tells; no row for a batch that was purged.
select b.version, c.successful, c.failed, c.attempts
from gateway.batches as b
cross join lateral (
    select
        coalesce(sum(successful), 0)::bigint as successful,
        coalesce(sum(failed), 0)::bigint as failed,
        coalesce(sum(attempts), 0)::bigint as attempts
    from exporter.chunks
    where batch_id = b.batch_id
) as c
where b.batch_id = $1
