-- What the chunks of a batch say of its health. A chunk is slow when a row took it more than three times
-- what it takes the usual (median) chunk, by its first and last result; one that was going on when the batch
-- was paused or resumed is not judged. It is failing when at least half of its rows failed.
with timed as (
    select
        chunk_no, processed, failed, errors,
        processed > 0 and failed * 2 >= processed as failing,
        case
            when not exists (
                select from gateway.transitions as t
                where t.batch_id = $1 and t.at > c.first_result_at and t.at < c.last_result_at
            ) then extract(epoch from last_result_at - first_result_at)::float8 / nullif(processed, 0)
        end as row_seconds
    from exporter.chunks as c
    where batch_id = $1
),
usual as (
    select percentile_cont(0.5) within group (order by row_seconds) as row_seconds from timed
),
worst as (
    select e.key as error_class, sum(e.value::bigint)::bigint as rows
    from timed, jsonb_each_text(errors) as e
    group by e.key
    order by rows desc, error_class
    limit 1
)
select
    coalesce(sum(processed) filter (where timed.row_seconds > 3 * nullif(usual.row_seconds, 0)), 0)::bigint
        as slow_rows,
    coalesce(sum(processed) filter (where failing), 0)::bigint as failing_rows,
    count(*) filter (where failing) as failing_chunks,
    min(chunk_no) filter (where failing) as first_failing_chunk,
    (select error_class from worst) as worst_class,
    coalesce((select rows from worst), 0)::bigint as worst_rows
from timed
cross join usual
