select b.batch_id, b.name, b.columns, b.total_urls, b.chunk_size, c.processed, c.successful, c.failed, c.cost, c.units,
    c.last_result_at
from unnest($1::uuid[]) with ordinality as wanted (batch_id, nth)
join gateway.batches as b using (batch_id)
cross join lateral (
    select
        coalesce(sum(processed), 0)::bigint as processed,
        coalesce(sum(successful), 0)::bigint as successful,
        coalesce(sum(failed), 0)::bigint as failed,
        coalesce(sum(cost), 0)::bigint as cost,
        coalesce(sum(units), 0)::bigint as units,
        max(last_result_at) as last_result_at
    from exporter.chunks
    where batch_id = b.batch_id
) as c
where b.desired <> 'deleted'
order by wanted.nth
