-- Whether any of these rows has a result.
select exists (
    select
    from unnest($1::uuid[], $2::bigint[]) as asked (batch_id, row_no)
    join exporter.results using (batch_id, row_no)
)
