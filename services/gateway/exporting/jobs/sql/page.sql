select
    (select count(*) from gateway.export_jobs where deleted_at is null and ($1::uuid is null or batch_id = $1)) as total,
    array(
        select export_id
        from gateway.export_jobs
        where deleted_at is null and ($1::uuid is null or batch_id = $1)
        order by created_at desc, export_id
        limit $2 offset $3
    ) as ids
