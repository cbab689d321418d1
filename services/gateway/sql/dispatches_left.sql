-- Slices in the book of batches that ended more than `$1` seconds ago.
select count(*)
from ingest.slices s
join gateway.batches b on b.batch_id = s.batch_id
join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
where t.at < now() - make_interval(secs => $1)
