-- The ids of one page of the list, and how many there are on all. The status here is that of status.py, which
-- says it for clients. What is in braces comes from listing.py.
with matching as {materialized} (
    select
        b.batch_id, b.created_at, b.name,
        case
            when t.kind is not null then t.kind
            when b.desired in ('cancelled', 'paused') then b.desired
            when i.started_at is not null then 'processing'
            when b.desired = 'held' then 'pending'
            else 'queued'
        end as status
    from gateway.batches b
    left join ingest.batches i using (batch_id)
    left join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
    where b.desired <> 'deleted'
        and ($2::text is null or position(lower($2) in lower(b.name)) > 0)
        and ($3::timestamptz is null or b.created_at >= $3)
        and ($4::timestamptz is null or b.created_at <= $4)
        and ($5::boolean or b.deleted_at is null)
)
select
    (select count(*) from matching where {status}) as total,
    array(
        select batch_id
        from matching
        where {status}
            and ($8::timestamptz is null or {behind})
        order by {order}
        limit $6 offset $7
    ) as ids
