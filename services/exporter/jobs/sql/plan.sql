update exporter.export_jobs
set filename = $3, media_type = $4, batches = $5, rows_total = $6
where export_id = $1 and fence = $2 and state is null
