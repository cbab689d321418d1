-- Exports whose files go, of which nobody is making one: `gone` ones leave no row either.
select e.export_id, g.export_id is null or g.deleted_at is not null as gone
from exporter.export_jobs as e
left join gateway.export_jobs as g using (export_id)
where
    (e.owner is null or e.lease_until <= now())
    and (
        g.export_id is null
        or g.deleted_at is not null
        or (
            e.removed_at is null
            and (
                g.cancelled_at is not null
                or e.state = 'failed'
                or e.expires_at <= now()
                or (
                    e.state = 'completed'
                    and exists (
                        select from gateway.batches as b
                        where b.batch_id = any(e.batches) and b.desired = 'deleted'
                    )
                )
            )
        )
    )
order by e.export_id
limit $1
