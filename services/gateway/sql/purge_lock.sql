-- Waits for the transactions that store results of the batch (rule 8).
select batch_id from gateway.batches where batch_id = $1 for update
