select fingerprint, reply from gateway.idempotency_keys where key = $1
