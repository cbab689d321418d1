-- One failed row of each class, from the first chunk that has any: so at most one chunk of rows is read a class.
select e.error_class, x.row_no, x.url, x.error_message
from unnest($2::text[]) as e (error_class)
join gateway.batches b on b.batch_id = $1
cross join lateral (
    select c.chunk_no
    from exporter.chunks c
    where c.batch_id = $1 and (c.errors ->> e.error_class)::bigint > 0
    order by c.chunk_no
    limit 1
) first
cross join lateral (
    select r.row_no, r.url, r.error_message
    from exporter.results r
    where
        r.batch_id = $1
        and r.row_no between (first.chunk_no - 1)::bigint * b.chunk_size + 1 and first.chunk_no::bigint * b.chunk_size
        and r.error_class = e.error_class
    order by r.row_no
    limit 1
) x
