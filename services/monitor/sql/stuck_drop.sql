-- Those that are stuck no more.
delete from monitor.stuck as s
where not exists (
    select from unnest($1::uuid[], $2::bigint[]) as now (batch_id, first_row)
    where now.batch_id = s.batch_id and now.first_row = s.first_row
)
