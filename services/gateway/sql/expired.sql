-- Soft-deleted batches whose retention is over.
select batch_id from gateway.batches where purge_at <= now() and desired <> 'deleted' order by purge_at limit $1
