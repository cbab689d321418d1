-- Pages of deleted batches, once their owner has closed them. Nobody opens them again (adopt.sql).
delete from ingest.batches
where batch_id in (
    select i.batch_id
    from gateway.batches b
    join ingest.batches i using (batch_id)
    where b.desired = 'deleted' and b.purged_at is null and i.closed_at is not null
    limit $1
)
