-- Deleted batches of which no other service has anything any more: what is left is the gateway's. A statement that
-- began before the deletion may still write for them, so they rest for a minute.
select b.batch_id, b.total_urls, b.retried
from gateway.batches b
where b.desired = 'deleted'
    and b.purged_at is null
    and not exists (
        select from gateway.transitions t where t.batch_id = b.batch_id and t.at > now() - interval '1 minute'
    )
    and not exists (select from ingest.batches i where i.batch_id = b.batch_id)
    and not exists (select from exporter.chunks c where c.batch_id = b.batch_id)
order by b.batch_id
limit $1
