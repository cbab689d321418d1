-- Ingest starts it whatever the number of running batches is.
update gateway.batches set force_start = true where batch_id = $1
