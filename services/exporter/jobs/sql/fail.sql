update exporter.export_jobs
set state = 'failed', owner = null, failures = $3, error = $4, ended_at = now()
where export_id = $1 and fence = $2 and state is null
