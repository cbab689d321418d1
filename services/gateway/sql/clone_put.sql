-- A new batch $2 of the rows of batch $1, with its max_cost unless $8 is another: copied results cost
-- nothing and need none. Nothing comes back when that was deleted meanwhile.
insert into gateway.batches (
    batch_id, name, original_filename, total_urls, chunk_size, columns, region, weight,
    rows_path, upload_path, desired, copied_from, fresh_since, max_cost
)
select
    $2, $3, original_filename, total_urls, chunk_size, columns, region, weight,
    $4, $5, $6, case when $7::boolean then batch_id end,
    case when fresh_since is not null then now() end, coalesce($8, case when not $7::boolean then max_cost end)
from gateway.batches
where batch_id = $1 and desired <> 'deleted'
returning batch_id
