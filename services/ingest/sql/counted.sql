-- What an ingest's end of a batch tells; no row for a batch that was purged.
select
    b.version,
    (select coalesce(sum(c.successful), 0) from exporter.chunks c where c.batch_id = b.batch_id)::bigint as successful,
    (select coalesce(sum(c.failed), 0) from exporter.chunks c where c.batch_id = b.batch_id)::bigint as failed
from gateway.batches b
where b.batch_id = $1
