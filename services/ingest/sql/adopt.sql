-- Batches that nobody announced are found, too: an event is a hint. Whoever owns a batch, any member adopts it.
insert into ingest.batches (batch_id, run)
select b.batch_id, b.run
from gateway.batches b
where b.desired not in ('cancelled', 'deleted')
  and not exists (select from ingest.batches i where i.batch_id = b.batch_id)
on conflict (batch_id) do nothing
