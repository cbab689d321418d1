-- Rows of all batches in the last minute, and the seconds since the first of them.
select
    coalesce(sum(processed), 0)::bigint as processed,
    coalesce(extract(epoch from now() - min(bucket)), 0)::float8 as seconds
from monitor.rates
where bucket > now() - interval '60 seconds'
