-- An ended batch leaves the book; its start stays.
with closed as (
    update ingest.batches set closed_at = now()
    where batch_id = any($1::uuid[]) and closed_at is null
    returning batch_id
)
delete from ingest.slices s using closed c where s.batch_id = c.batch_id
