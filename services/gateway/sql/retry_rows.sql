-- Wants one attempt more of the failed rows of batch $1: of class $2 (null: any), or just row $3 (null: all).
-- Only of rows whose result is of the attempt that is wanted now, so two retries never add two. Comes back:
-- how many rows that is.
with raised as (
    insert into gateway.wanted as w (batch_id, row_no, attempt)
    select batch_id, row_no, attempt + 1
    from exporter.results
    where batch_id = $1
        and not success
        and ($2::text[] is null or error_class = any($2))
        and ($3::bigint is null or row_no = $3)
    on conflict (batch_id, row_no) do update set attempt = excluded.attempt
    where w.attempt = excluded.attempt - 1
    returning row_no
),
chunks as (
    insert into gateway.wanted_chunks as c (batch_id, chunk_no, retried)
    select $1, (row_no - 1) / $4::int + 1, count(*)
    from raised
    group by 2
    on conflict (batch_id, chunk_no) do update set retried = c.retried + excluded.retried
)
select count(*) from raised
