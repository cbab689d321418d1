-- The batches of which something was written since $1 or whose rows may be coming in, at most $2.
select batch_id
from (
    select batch_id from gateway.transitions where at >= $1
    union
    select batch_id from ingest.batches where started_at >= $1
    union
    select batch_id from lifecycle.terminal where at >= $1
    union
    select batch_id
    from ingest.batches
    join gateway.batches using (batch_id)
    where closed_at is null and started_at is not null and desired = 'running'
) lively
limit $2
