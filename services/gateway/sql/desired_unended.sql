-- What the mirror must know: batches that are not over, and those cancelled of late.
select b.batch_id, b.version, b.desired
from gateway.batches b
left join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
where t.batch_id is null or t.at > now() - interval '10 minutes'
order by b.created_at desc
limit $1
