update gateway.batches set desired = $2, version = $3 where batch_id = $1 and version = $3 - 1
returning version
