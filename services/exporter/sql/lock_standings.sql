-- The weakest lock that a purge's FOR UPDATE or DELETE waits for: a pause does not wait for it.
select batch_id, total_urls, chunk_size
from gateway.batches
where batch_id = any($1::uuid[]) and desired <> 'deleted'
order by batch_id
for key share
