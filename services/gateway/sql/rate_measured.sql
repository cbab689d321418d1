-- Rows a minute while there was work, of the last ten minutes (monitor.rates counts by ten seconds). Null without any.
select sum(processed) * 6 / nullif(count(distinct bucket), 0)::float8
from monitor.rates
where bucket > now() - interval '10 minutes'
