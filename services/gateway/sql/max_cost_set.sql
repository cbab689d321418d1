update gateway.batches set max_cost = $2 where batch_id = $1
