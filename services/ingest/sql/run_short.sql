-- The gateway pauses batches that stand so (services/gateway/spending.py).
update ingest.batches i
set short_of = s.max_cost
from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as s (batch_id, epoch, max_cost)
where i.batch_id = s.batch_id and i.owner_epoch = s.epoch and i.short_of is distinct from s.max_cost
