update exporter.export_jobs
set owner = null, lease_until = now() + make_interval(secs => $3), failures = $4, error = $5
where export_id = $1 and fence = $2 and state is null
