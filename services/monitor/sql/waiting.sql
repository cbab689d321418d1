-- Rows without the result of their wanted attempt (rule 3), of the batches that run or will by themselves; and the
-- longest time in seconds that one of those that were started has had no new result. A pause does not count: the
-- time begins anew with each change of the desired state.
select
    coalesce(sum(b.total_urls + b.retried - coalesce(c.attempts, 0)), 0)::bigint as rows,
    coalesce(
        max(extract(epoch from now() - greatest(i.run_started_at, t.at, c.last_result_at)))
            filter (where i.run = b.run and i.run_started_at is not null),
        0
    )::float8 as standstill
from gateway.batches as b
left join ingest.batches as i using (batch_id)
left join gateway.transitions as t on t.batch_id = b.batch_id and t.version = b.version
left join lateral (
    select sum(attempts) as attempts, max(last_result_at) as last_result_at
    from exporter.chunks
    where batch_id = b.batch_id
) as c on true
where
    b.desired = 'running'
    and not exists (select from lifecycle.terminal as e where e.batch_id = b.batch_id and e.run = b.run)
