-- A new batch $2 of the rows of batch $1. Nothing comes back when that was deleted meanwhile.
insert into gateway.batches (
    batch_id, name, original_filename, total_urls, chunk_size, columns, region, weight,
    rows_path, upload_path, desired, copied_from, fresh_since
)
select
    $2, $3, original_filename, total_urls, chunk_size, columns, region, weight,
    $4, $5, $6, case when $7::boolean then batch_id end,
    case when fresh_since is not null then now() end
from gateway.batches
where batch_id = $1 and desired <> 'deleted'
returning batch_id
