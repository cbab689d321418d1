-- Slices past their deadline and in nobody's hands, as the monitor found them, the oldest first.
select
    s.batch_id, b.name as batch_name, s.chunk_no as chunk_number, s.first_row, s.since,
    round(extract(epoch from now() - s.since), 1)::float8 as age_seconds, s.why
from monitor.stuck as s
join gateway.batches as b using (batch_id)
where b.desired <> 'deleted'
order by s.since, s.batch_id, s.first_row
limit $1
