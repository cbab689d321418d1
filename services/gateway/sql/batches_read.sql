-- Everything that is said of the given batches, each in one snapshot, in the order of the ids. A deleted one is none.
select
    b.batch_id, b.name, b.original_filename, b.created_at, b.total_urls, b.chunk_size, b.columns,
    b.rows_path, b.desired, b.version, b.run, b.retry_count, b.weight, b.force_start, b.deleted_at, b.purge_at,
    now() as now,
    i.started_at, coalesce(i.next_row, 1) as next_row,
    t.kind as ended, t.reason, t.at as ended_at,
    c.processed, c.successful, c.failed, c.first_open_chunk,
    a.queued_at, a.active_seconds,
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
        -- The first chunk that is not whole: where the whole ones, counted from 1, have a gap.
        coalesce(min(nth) filter (where whole and chunk_no <> nth), count(*) filter (where whole) + 1)
            ::bigint as first_open_chunk
    from (
        select
            chunk_no, processed, successful, failed, whole,
            count(*) filter (where whole) over (order by chunk_no) as nth
        from (
            select
                chunk_no, processed, successful, failed,
                processed >= least(b.chunk_size, b.total_urls - (chunk_no - 1)::bigint * b.chunk_size) as whole
            from exporter.chunks
            where batch_id = b.batch_id
        ) counted
    ) numbered
) c
cross join lateral (
    select
        min(at) filter (where desired = 'running') as queued_at,
        coalesce(
            sum(
                extract(epoch from least(until, coalesce(t.at, now())) - greatest(at, i.started_at))
            ) filter (
                where desired = 'running' and until > i.started_at and at < coalesce(t.at, now())
            ), 0
        )::float8 as active_seconds
    from (
        select desired, at, lead(at, 1, 'infinity') over (order by version) as until
        from gateway.transitions
        where batch_id = b.batch_id
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
