-- The next run of a batch that has ended, with $3 rows more to try again. It is wanted to run at once.
update gateway.batches
set desired = 'running', version = $2, run = run + 1, retry_count = retry_count + 1, retried = retried + $3
where batch_id = $1 and version = $2 - 1
