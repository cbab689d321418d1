-- Rows that have a result and can't be searched as they are now.
select coalesce(sum(c.processed), 0)::bigint
from exporter.chunks as c
join gateway.batches as b using (batch_id)
where not c.indexed and b.desired <> 'deleted'
