-- Every batch that is not closed, of all members: the room is shared among them.
select i.batch_id, i.run, i.run_started_at is not null as started, i.next_row,
       coalesce(b.version, 0) as version, coalesce(b.weight, 1) as weight, coalesce(b.total_urls, 0) as total_urls,
       coalesce(b.desired = 'running', false) as running,
       b.batch_id is null
           or b.desired in ('cancelled', 'deleted')
           or exists (select from lifecycle.terminal t where t.batch_id = b.batch_id and t.run = b.run) as over
from ingest.batches i
left join gateway.batches b on b.batch_id = i.batch_id
where i.closed_at is null
