-- The batches whose rows are exported together, oldest first: those with a given id or name, else all.
select batch_id
from gateway.batches
where
    desired <> 'deleted'
    and (($1::text[] is null and deleted_at is null) or batch_id::text = any($1) or name = any($1))
order by created_at, batch_id
limit $2
