-- Only now its file is there for anybody. No row: it is another's by now, or nobody wants it any more.
update exporter.export_jobs as e
set
    state = 'completed',
    owner = null,
    error = null,
    rows_done = $3,
    rows_total = $3,
    bytes = $4,
    sha256 = $5,
    ended_at = now(),
    expires_at = now() + make_interval(hours => $6)
from gateway.export_jobs as g
where
    e.export_id = $1
    and e.fence = $2
    and e.state is null
    and g.export_id = e.export_id
    and g.cancelled_at is null
    and g.deleted_at is null
returning e.export_id
