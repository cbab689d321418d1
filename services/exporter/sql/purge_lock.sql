-- Waits for the transactions that store results of the batch; those that come later see that it is deleted.
select batch_id from gateway.batches where batch_id = $1 and desired = 'deleted' for update
