-- Of the oldest by id: seconds, 0 when nothing waits.
select coalesce(
    (select extract(epoch from now() - created_at) from lifecycle.outbox order by id limit 1), 0
)::float8
