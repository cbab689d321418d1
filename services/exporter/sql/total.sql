-- Moves the counters of chunks, in the transaction that stores their results.
-- Comes back: every given chunk with its rows that have the result of their wanted attempt, and the rows stored now.
with counted as (
    select * from unnest(
        $1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::jsonb[], $11::timestamptz[], $12::timestamptz[], $13::text[]
    ) as a (
        batch_id, chunk_no, stored, processed, successful, failed, attempts, cost, units, errors,
        first_result_at, last_result_at, worker
    )
),
totalled as (
    insert into exporter.chunks as c (
        batch_id, chunk_no, processed, successful, failed, attempts, cost, units, errors, worker, first_result_at,
        last_result_at
    )
    select
        batch_id, chunk_no, processed, successful, failed, attempts, cost, units, errors, worker, first_result_at,
        last_result_at
    from counted
    order by batch_id, chunk_no
    on conflict (batch_id, chunk_no) do update set
        processed = c.processed + excluded.processed,
        successful = c.successful + excluded.successful,
        failed = c.failed + excluded.failed,
        attempts = c.attempts + excluded.attempts,
        cost = c.cost + excluded.cost,
        units = c.units + excluded.units,
        errors = case
            when excluded.errors = '{}' then c.errors
            else (
                select coalesce(jsonb_object_agg(key, n), '{}')
                from (
                    select key, sum(value::int) as n
                    from (
                        select key, value from jsonb_each_text(c.errors)
                        union all
                        select key, value from jsonb_each_text(excluded.errors)
                    ) as both_sides
                    group by key
                    having sum(value::int) <> 0
                ) as sums
            )
        end,
        worker = excluded.worker,
        first_result_at = least(c.first_result_at, excluded.first_result_at),
        last_result_at = greatest(c.last_result_at, excluded.last_result_at),
        indexed = false
    returning batch_id, chunk_no, attempts
)
select batch_id, chunk_no, totalled.attempts - coalesce(w.retried, 0) as settled, counted.stored
from totalled
join counted using (batch_id, chunk_no)
left join gateway.wanted_chunks w using (batch_id, chunk_no)
