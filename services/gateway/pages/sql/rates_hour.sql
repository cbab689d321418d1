-- Rows a minute of all batches in each of the last sixty whole minutes.
select
    number,
    60 as seconds,
    began,
    coalesce(sum(processed), 0)::float8 as rate,
    coalesce(sum(failed), 0)::float8 as failed
from (select date_trunc('minute', now()) - interval '60 minutes' as began) as hour
cross join generate_series(0, 59) as number
left join monitor.rates
    on bucket >= began + number * interval '1 minute' and bucket < began + (number + 1) * interval '1 minute'
group by number, began
order by number
