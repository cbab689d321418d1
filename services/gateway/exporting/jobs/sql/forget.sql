-- The exporter goes first, with the file.
delete from gateway.export_jobs as g
where
    g.deleted_at < now() - interval '1 minute'
    and not exists (select from exporter.export_jobs as e where e.export_id = g.export_id)
