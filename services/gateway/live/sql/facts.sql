-- What is known of the states of the given batches.
select batch_id, 'desired' as part, version, run, desired as value, at
from gateway.transitions
where batch_id = any($1::uuid[])
union all
select batch_id, 'start', 0, 1, '', started_at
from ingest.batches
where batch_id = any($1::uuid[]) and started_at is not null
union all
select batch_id, 'end', 0, run, kind, at
from lifecycle.terminal
where batch_id = any($1::uuid[])
