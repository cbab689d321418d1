-- No row: it is another's by now, or nobody wants it any more. Postgres counts the rows of a COPY that runs.
update exporter.export_jobs as e
set
    lease_until = now() + make_interval(secs => $3),
    rows_done = greatest(
        e.rows_done, $4 + coalesce((select max(tuples_processed) from pg_stat_progress_copy where pid = $5), 0)
    ),
    bytes = $6
from gateway.export_jobs as g
where
    e.export_id = $1
    and e.fence = $2
    and e.state is null
    and g.export_id = e.export_id
    and g.cancelled_at is null
    and g.deleted_at is null
returning e.export_id
