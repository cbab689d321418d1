-- Running batches whose next rows could pass their max_cost, as ingest found; a higher one voids that.
select b.batch_id
from ingest.batches as i
join gateway.batches as b using (batch_id)
where
    i.short_of = b.max_cost
    and i.closed_at is null
    and i.run = b.run
    and b.desired = 'running'
    and not exists (select from lifecycle.terminal as t where t.batch_id = b.batch_id and t.run = b.run)
limit $1
