-- Every batch that is not closed, of all members: the room is shared among them. What a batch spent is read only
-- where there is a limit of it.
select i.batch_id, i.run, i.run_started_at is not null as started, i.next_row,
       coalesce(b.version, 0) as version, coalesce(b.weight, 1) as weight, coalesce(b.total_urls, 0) as total_urls,
       coalesce(b.desired = 'running', false) as running,
       b.max_cost, (select image from gateway.price) as image_price,
       case when b.max_cost is not null then
           (select coalesce(sum(c.cost), 0) from exporter.chunks c where c.batch_id = b.batch_id)
       end::bigint as spent,
       b.batch_id is null
           or b.desired in ('cancelled', 'deleted')
           or exists (select from lifecycle.terminal t where t.batch_id = b.batch_id and t.run = b.run) as over
from ingest.batches i
left join gateway.batches b on b.batch_id = i.batch_id
where i.closed_at is null
