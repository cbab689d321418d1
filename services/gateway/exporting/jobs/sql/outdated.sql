update gateway.export_jobs set deleted_at = now(), idempotency_key = null
where created_at < now() - make_interval(days => $1) and deleted_at is null
