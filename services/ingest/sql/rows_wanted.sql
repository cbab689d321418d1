-- The rows from $2 to $3 that are below their wanted attempt, with that attempt.
select n as row_no, coalesce(w.attempt, 1) as attempt
from generate_series($2::bigint, $3::bigint) n
left join gateway.wanted w on w.batch_id = $1 and w.row_no = n and w.row_no between $2 and $3
left join exporter.results r on r.batch_id = $1 and r.row_no = n and r.row_no between $2 and $3
where coalesce(w.attempt, 1) > coalesce(r.attempt, 0)
