-- Not one that is completed: that needs no file to be stopped. The exporter looks at this before it completes one.
update gateway.export_jobs as g
set cancelled_at = now()
where
    g.export_id = $1
    and g.cancelled_at is null
    and g.deleted_at is null
    and not exists (select from exporter.export_jobs as e where e.export_id = g.export_id and e.state is not null)
returning g.export_id
