-- Slices of running batches that are in the book for longer than $1 seconds after they were handed
-- out (or reported finished), with how many of their rows lack the result of their wanted attempt. At most $2, oldest first.
select
    s.batch_id, s.chunk_no, s.first_row, s.last_row, s.dispatch, s.finished_at is not null as finished,
    coalesce(s.finished_at, s.dispatched_at) as since,
    s.last_row - s.first_row + 1 - (
        select count(*)
        from exporter.results as r
        left join gateway.wanted as w using (batch_id, row_no)
        where
            r.batch_id = s.batch_id and r.row_no between s.first_row and s.last_row
            and r.attempt >= coalesce(w.attempt, 1)
    ) as missing
from ingest.slices as s
join gateway.batches as b using (batch_id)
where
    b.desired = 'running'
    and s.released_at is null
    and coalesce(s.finished_at, s.dispatched_at) < now() - make_interval(secs => $1)
    and not exists (select from lifecycle.terminal as t where t.batch_id = b.batch_id and t.run = b.run)
order by since
limit $2
