-- The whole system in one snapshot, a row for each status that any batch has: sums over chunks, never over results.
-- A chunk that is not whole waits only while its batch goes on; it is being processed from its first slice on.
with standing as (
    select
        b.batch_id, b.chunk_size, b.total_urls, coalesce(i.next_row, 1) as next_row,
        t.kind is null and b.desired <> 'cancelled' as active,
        case
            when t.kind is not null then t.kind
            when b.desired in ('cancelled', 'paused') then b.desired
            when i.started_at is not null then 'processing'
            when b.desired = 'held' then 'pending'
            else 'queued'
        end as status
    from gateway.batches b
    left join ingest.batches i on i.batch_id = b.batch_id
    left join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
    where b.desired <> 'deleted' and b.deleted_at is null
),
counted as (
    select
        batch_id,
        sum(processed) as processed,
        sum(successful) as successful,
        count(*) filter (where again) as retrying,
        count(*) filter (where whole and not again and successful > 0) as completed,
        count(*) filter (where whole and not again and successful = 0) as failed
    from (
        select
            c.batch_id, c.processed, c.successful,
            s.active and c.attempts < c.processed + coalesce(w.retried, 0) as again,
            c.processed >= least(s.chunk_size, s.total_urls - (c.chunk_no - 1)::bigint * s.chunk_size) as whole
        from exporter.chunks c
        join standing s using (batch_id)
        left join gateway.wanted_chunks w using (batch_id, chunk_no)
    ) chunks
    group by batch_id
),
seen as (
    select
        s.status,
        coalesce(c.processed, 0) as processed,
        coalesce(c.successful, 0) as successful,
        coalesce(c.retrying, 0) as retrying,
        coalesce(c.completed, 0) as completed,
        coalesce(c.failed, 0) as failed,
        coalesce(c.retrying + c.completed + c.failed, 0) as known,
        (s.total_urls + s.chunk_size - 1) / s.chunk_size as chunks,
        (s.next_row - 1 + s.chunk_size - 1) / s.chunk_size as cut
    from standing s
    left join counted c using (batch_id)
)
select
    status,
    count(*) as batches,
    sum(processed)::bigint as processed,
    sum(successful)::bigint as successful,
    sum(completed)::bigint as completed_chunks,
    sum(failed)::bigint as failed_chunks,
    sum(retrying)::bigint as retrying_chunks,
    sum(greatest(cut - known, 0))::bigint as begun_chunks,
    sum(chunks - greatest(cut, known))::bigint as waiting_chunks
from seen
group by status
