select
    name, columns, total_urls, chunk_size,
    (select coalesce(sum(processed), 0) from exporter.chunks as c where c.batch_id = b.batch_id)::bigint as processed
from gateway.batches as b
where batch_id = $1 and desired <> 'deleted'
