-- As batch_lock.sql, for a soft-deleted batch whose retention is over.
select true from gateway.batches
where batch_id = $1 and purge_at <= now() and desired <> 'deleted'
for no key update
