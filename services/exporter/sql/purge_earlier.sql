-- Attempts that were replaced more than $1 days ago, the oldest first, at most $2 of them. Two members take
-- different ones.
with old as (
    select batch_id, row_no, attempt
    from exporter.earlier_attempts
    where replaced_at < now() - make_interval(days => $1)
    order by replaced_at
    limit $2
    for update skip locked
)
delete from exporter.earlier_attempts as e using old
where e.batch_id = old.batch_id and e.row_no = old.row_no and e.attempt = old.attempt
