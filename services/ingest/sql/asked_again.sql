-- Open slices of these batches that somebody wants handed out again, and that were not since.
select s.batch_id, s.first_row, s.dispatch
from gateway.resets r
join ingest.slices s on s.batch_id = r.batch_id and r.first_row in (0, s.first_row) and s.dispatched_at < r.at
where r.batch_id = any($1::uuid[]) and s.released_at is null
