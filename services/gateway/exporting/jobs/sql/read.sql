-- What the asker wants and what the exporter says, for one pure function (job.py).
select
    g.export_id, g.created_at, g.asker, g.batch_id, g.asked, g.format, g.cancelled_at,
    coalesce(e.fence, 0) as fence, e.owner is not null and e.lease_until > now() as held,
    e.started_at, e.claimed_at, e.filename, e.media_type, coalesce(e.rows_done, 0) as rows_done, e.rows_total,
    coalesce(e.bytes, 0) as size, e.sha256, e.state, e.error, e.ended_at, e.expires_at,
    coalesce(e.state = 'completed' and exists (
        select from gateway.batches as b where b.batch_id = any(e.batches) and b.desired = 'deleted'
    ), false) as lost,
    now() as now
from unnest($1::uuid[]) with ordinality as wanted (export_id, nth)
join gateway.export_jobs as g using (export_id)
left join exporter.export_jobs as e using (export_id)
where g.deleted_at is null
order by wanted.nth
