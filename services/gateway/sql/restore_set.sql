update gateway.batches set deleted_at = null, purge_at = null where batch_id = $1
