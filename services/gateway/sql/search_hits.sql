-- The next hits behind a place, newest batches first, at most $1: keys only. $2 to $4 are the place, $5 and $6
-- the one batch to search (with its date of creation), $7 the words; null for none of them.
select batch_at, batch_id, row_no
from exporter.search
where
    ($2::timestamptz is null or (batch_at, batch_id, row_no) < ($2, $3::uuid, $4::bigint))
    and ($5::timestamptz is null or (batch_at = $5 and batch_id = $6::uuid))
    and ($7::text is null or document @@ websearch_to_tsquery('simple', $7))
order by batch_at desc, batch_id desc, row_no desc
limit $1
