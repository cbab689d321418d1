-- Of those that are not ended, and how long the oldest that nobody makes has waited, in seconds.
select
    count(*) filter (where e.owner is not null) as running,
    count(*) filter (where e.owner is null) as queued,
    coalesce(extract(epoch from now() - min(g.created_at) filter (where e.owner is null)), 0)::float as oldest
from gateway.export_jobs as g
left join exporter.export_jobs as e using (export_id)
where g.cancelled_at is null and g.deleted_at is null and e.state is null
