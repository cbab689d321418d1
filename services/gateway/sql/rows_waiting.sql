-- Rows without the result of their wanted attempt (rule 3), of the batches that run or will by themselves.
select coalesce(sum(b.total_urls + b.retried - coalesce(c.attempts, 0)), 0)::bigint
from gateway.batches b
left join lateral (
    select sum(attempts) as attempts from exporter.chunks where batch_id = b.batch_id
) c on true
where
    b.desired = 'running'
    and not exists (select from lifecycle.terminal t where t.batch_id = b.batch_id and t.run = b.run)
