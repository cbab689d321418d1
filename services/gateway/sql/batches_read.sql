-- Everything that is said of the given batches, each in one snapshot, in the order of the ids. A deleted one is none.
select
    b.batch_id, b.name, b.original_filename, b.created_at, b.total_urls, b.chunk_size, b.columns,
    b.rows_path, b.desired, b.version, b.run, b.retry_count, b.retried, b.weight, b.fresh_since, b.max_cost,
    b.force_start, b.deleted_at, b.purge_at, now() as now,
    i.started_at, coalesce(i.next_row, 1) as next_row, case when i.run = b.run then i.short_of end as short_of,
    t.kind as ended, t.reason, t.at as ended_at,
    c.processed, c.successful, c.failed, c.attempts, c.cost, c.units, c.first_open_chunk,
    a.queued_at, a.active_seconds, a.idle_seconds,
    r.processed as recent_processed, r.seconds as recent_seconds,
    s.in_flight
from unnest($1::uuid[]) with ordinality as wanted (batch_id, nth)
join gateway.batches b using (batch_id)
left join ingest.batches i using (batch_id)
left join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
cross join lateral (
    select
        coalesce(sum(processed), 0)::bigint as processed,
        coalesce(sum(successful), 0)::bigint as successful,
        coalesce(sum(failed), 0)::bigint as failed,
        coalesce(sum(attempts), 0)::bigint as attempts,
        coalesce(sum(cost), 0)::bigint as cost,
        coalesce(sum(units), 0)::bigint as units,
        -- The first chunk that is not whole: where the whole ones, counted from 1, have a gap.
        coalesce(min(nth) filter (where whole and chunk_no <> nth), count(*) filter (where whole) + 1)
            ::bigint as first_open_chunk
    from (
        select
            chunk_no, processed, successful, failed, attempts, cost, units, whole,
            count(*) filter (where whole) over (order by chunk_no) as nth
        from (
            select
                chunk_no, processed, successful, failed, attempts, cost, units,
                attempts >= least(b.chunk_size, b.total_urls - (chunk_no - 1)::bigint * b.chunk_size)
                    + coalesce(retried, 0) as whole
            from exporter.chunks
            left join gateway.wanted_chunks using (batch_id, chunk_no)
            where batch_id = b.batch_id
        ) counted
    ) numbered
) c
cross join lateral (
    -- A desired state counts until the next one or the end of its run; what follows until the next run is idle.
    select
        min(at) filter (where desired = 'running') as queued_at,
        coalesce(
            sum(
                extract(epoch from least(until, over) - greatest(at, i.started_at))
            ) filter (
                where desired = 'running' and until > i.started_at and at < over
            ), 0
        )::float8 as active_seconds,
        coalesce(
            sum(extract(epoch from until - greatest(at, over))) filter (where over < until and until < 'infinity'), 0
        )::float8 as idle_seconds
    from (
        select
            p.desired, p.at, coalesce(e.at, now()) as over,
            lead(p.at, 1, 'infinity') over (order by p.version) as until
        from gateway.transitions p
        left join lifecycle.terminal e on e.batch_id = p.batch_id and e.run = p.run
        where p.batch_id = b.batch_id
    ) spans
) a
cross join lateral (
    select
        coalesce(sum(processed), 0)::bigint as processed,
        coalesce(extract(epoch from now() - min(bucket)), 0)::float8 as seconds
    from monitor.rates
    where batch_id = b.batch_id and bucket > now() - interval '60 seconds'
) r
cross join lateral (
    select coalesce(sum(last_row - first_row + 1), 0)::bigint as in_flight
    from ingest.slices
    where batch_id = b.batch_id and finished_at is null and released_at is null
) s
where b.desired <> 'deleted'
order by wanted.nth
