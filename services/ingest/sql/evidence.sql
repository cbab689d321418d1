-- Slices whose rows all have the result of their wanted attempt leave the book: rows are the evidence,
-- outcomes were hints.
with asked as (
    select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) as a (batch_id, epoch, first_row, last_row)
),
complete as (
    select a.batch_id, a.epoch, a.first_row
    from asked a
    cross join lateral (
        select count(*) as rows
        from exporter.results r
        where r.batch_id = a.batch_id and r.row_no between a.first_row and a.last_row
    ) found
    where found.rows = a.last_row - a.first_row + 1
      and not exists (
          select
          from gateway.wanted w
          join exporter.results r using (batch_id, row_no)
          where w.batch_id = a.batch_id and w.row_no between a.first_row and a.last_row and w.attempt > r.attempt
      )
)
delete from ingest.slices s
using complete c, ingest.batches i
where s.batch_id = c.batch_id and s.first_row = c.first_row and i.batch_id = c.batch_id and i.owner_epoch = c.epoch
returning s.batch_id, s.first_row
