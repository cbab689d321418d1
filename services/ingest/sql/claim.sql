-- From here on, what a former owner still does with these batches is refused.
update ingest.batches i
set owner_epoch = i.owner_epoch + 1
from gateway.batches b
where i.batch_id = any($1::uuid[]) and b.batch_id = i.batch_id and i.closed_at is null
returning i.batch_id, i.owner_epoch, i.run, i.next_row, i.next_byte,
          case when i.run = 1 then b.copied_from end as copied_from,
          b.chunk_size, b.columns, b.region, b.fresh_since, b.rows_path, b.total_urls
