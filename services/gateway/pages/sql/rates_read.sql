-- Rows a minute over the batch's run (of the last day: the monitor keeps no more), in at most $2 columns of whole
-- tens of seconds, as the monitor counts. Ten seconds that are not over yet are left out.
with counted as (
    select bucket, processed, failed
    from monitor.rates
    where batch_id = $1 and bucket <= now() - interval '10 seconds'
),
span as (
    select
        min(bucket) as began,
        greatest(1, ceil((extract(epoch from max(bucket) - min(bucket)) / 10 + 1) / $2::int)) * 10 as seconds
    from counted
)
select
    floor(extract(epoch from bucket - began) / seconds)::int as number,
    min(seconds)::int as seconds,
    min(began) as began,
    (sum(processed) * 60 / min(seconds))::float8 as rate,
    (sum(failed) * 60 / min(seconds))::float8 as failed
from counted
cross join span
group by number
order by number
