-- An ended batch leaves the book; its start stays. A later run that was opened meanwhile stays open.
with closed as (
    update ingest.batches i set closed_at = now()
    from unnest($1::uuid[], $2::int[]) as over (batch_id, run)
    where i.batch_id = over.batch_id and i.run = over.run and i.closed_at is null
    returning i.batch_id
)
delete from ingest.slices s using closed c where s.batch_id = c.batch_id
