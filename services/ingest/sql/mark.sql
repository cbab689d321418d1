-- What outcomes said, kept for a later owner and for who looks at stuck work.
update ingest.slices s
set finished_at = case when m.finished then now() end,
    released_at = case when not m.finished then now() end,
    worker = m.worker
from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::int[], $5::bool[], $6::text[])
     as m (batch_id, epoch, first_row, dispatch, finished, worker),
     ingest.batches i
where s.batch_id = m.batch_id and s.first_row = m.first_row and s.dispatch = m.dispatch
  and i.batch_id = m.batch_id and i.owner_epoch = m.epoch
