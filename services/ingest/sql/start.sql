-- Starts those of the caller's batches that have a place. A paused batch takes none: it holds no window space.
with live as (
    select i.batch_id, i.run_started_at, b.weight, b.created_at, b.force_start, b.version
    from ingest.batches i
    join gateway.batches b on b.batch_id = i.batch_id
    where i.closed_at is null
      and b.desired = 'running'
      and not exists (select from lifecycle.terminal t where t.batch_id = b.batch_id and t.run = b.run)
),
waiting as (
    select batch_id, version, force_start,
           row_number() over (partition by force_start order by weight desc, created_at, batch_id) as place
    from live
    where run_started_at is null
)
update ingest.batches i
set run_started_at = now(), started_at = coalesce(i.started_at, now())
from waiting w, unnest($1::uuid[], $2::bigint[]) as mine (batch_id, epoch)
where w.batch_id = mine.batch_id
  and i.batch_id = mine.batch_id
  and i.owner_epoch = mine.epoch
  and i.run_started_at is null
  and (w.force_start or w.place <= $3 - (select count(*) from live where run_started_at is not null))
returning i.batch_id, i.run, i.run_started_at, w.version
