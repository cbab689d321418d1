-- What was asked of batches that ended more than `$1` seconds ago, at most `$2`.
with old as (
    select r.batch_id, r.first_row
    from gateway.resets r
    join gateway.batches b on b.batch_id = r.batch_id
    join lifecycle.terminal t on t.batch_id = b.batch_id and t.run = b.run
    where t.at < now() - make_interval(secs => $1)
    limit $2
)
delete from gateway.resets r using old
where r.batch_id = old.batch_id and r.first_row = old.first_row
returning r.batch_id
