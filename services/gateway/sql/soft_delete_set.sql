update gateway.batches set deleted_at = now(), purge_at = now() + make_interval(days => $2) where batch_id = $1
