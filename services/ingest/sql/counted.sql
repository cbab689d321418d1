select coalesce(sum(successful), 0)::bigint as successful, coalesce(sum(failed), 0)::bigint as failed
from exporter.chunks
where batch_id = $1
