-- Batches that nobody announced are found, too: an event is a hint. Whoever owns a batch, any member adopts it.
-- A later run opens the book again; the epoch refuses what the owner of the run before still does.
with reopened as (
    update ingest.batches i
    set run = b.run, run_started_at = null, closed_at = null, short_of = null, next_row = 1, next_byte = 0,
        owner_epoch = i.owner_epoch + 1
    from gateway.batches b
    where b.batch_id = i.batch_id and i.run < b.run and b.desired not in ('cancelled', 'deleted')
    returning i.batch_id
),
cleared as (
    delete from ingest.slices s using reopened r where s.batch_id = r.batch_id
)
insert into ingest.batches (batch_id, run)
select b.batch_id, b.run
from gateway.batches b
where b.desired not in ('cancelled', 'deleted')
  and not exists (select from ingest.batches i where i.batch_id = b.batch_id)
on conflict (batch_id) do nothing
