-- Deleted batches that have results. Those that a clone still copies from wait for its end.
select b.batch_id, b.total_urls, b.created_at
from gateway.batches as b
where
    b.desired = 'deleted'
    and b.purged_at is null
    and exists (select from exporter.chunks as c where c.batch_id = b.batch_id)
    and not exists (
        select from gateway.batches as clone
        where
            clone.copied_from = b.batch_id
            and clone.run = 1
            and clone.desired <> 'deleted'
            and not exists (
                select from lifecycle.terminal as t where t.batch_id = clone.batch_id and t.run = clone.run
            )
    )
order by b.batch_id
limit $1
