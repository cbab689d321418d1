update gateway.export_jobs set deleted_at = now(), idempotency_key = null where export_id = $1 and deleted_at is null returning export_id
