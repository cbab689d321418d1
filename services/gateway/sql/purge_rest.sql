-- What is small. The history of the last hour stays with the batch's own row: live streams resume from it.
with chunks as (
    delete from gateway.wanted_chunks where batch_id = $1
),
keys as (
    delete from gateway.idempotency_keys where batch_id = $1
),
exports as (
    update gateway.export_jobs set deleted_at = now(), idempotency_key = null where batch_id = $1 and deleted_at is null
),
resets as (
    delete from gateway.resets where batch_id = $1
)
delete from gateway.transitions where batch_id = $1 and at < now() - interval '1 hour'
