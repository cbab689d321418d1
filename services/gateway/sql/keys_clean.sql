-- Idempotency keys of batches that ended more than `$1` seconds ago, at most `$2`.
with old as (
    select k.key
    from gateway.idempotency_keys k
    join gateway.batches b on b.batch_id = k.batch_id
    join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
    where t.at < now() - make_interval(secs => $1)
    limit $2
)
delete from gateway.idempotency_keys k using old where k.key = old.key returning k.key
