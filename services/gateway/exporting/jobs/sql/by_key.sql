select export_id, fingerprint from gateway.export_jobs where idempotency_key = $1
