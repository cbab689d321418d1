-- The first of these batches that there is not.
select given.batch_id
from unnest($1::uuid[]) as given (batch_id)
left join gateway.batches as b using (batch_id)
where b.batch_id is null or b.desired = 'deleted'
limit 1
