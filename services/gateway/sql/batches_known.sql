-- Which of these batches there are, deleted ones included: their blobs go with their purge.
select array(select batch_id from gateway.batches where batch_id = any($1::uuid[]))
