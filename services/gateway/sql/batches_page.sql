-- The ids of one page of the list, newest first, and how many there are. The status here is that of
-- status.py, which says it for clients.
with matching as (
    select b.batch_id, b.created_at
    from gateway.batches b
    left join ingest.batches i using (batch_id)
    left join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
    where b.desired <> 'deleted'
        and ($2::text is null or position(lower($2) in lower(b.name)) > 0)
        and ($1::text is null or $1 = case
            when t.kind is not null then t.kind
            when b.desired in ('cancelled', 'paused') then b.desired
            when i.started_at is not null then 'processing'
            when b.desired = 'held' then 'pending'
            else 'queued'
        end)
)
select
    (select count(*) from matching) as total,
    array(
        select batch_id from matching order by created_at desc, batch_id limit $3 offset $4
    ) as ids
