select
    format,
    sum(exports)::bigint as exports,
    coalesce(sum(exports) filter (where day = (now() at time zone 'UTC')::date), 0)::bigint as today,
    sum(bytes)::bigint as bytes
from gateway.exports_made
group by format
