-- Locks the batch against being purged, as storing results does (rule 8).
insert into exporter.search as s (batch_at, batch_id, row_no, document)
select b.created_at, b.batch_id, r.row_no, to_tsvector('simple', exporter.words(r))
from gateway.batches as b
join exporter.results as r on
    r.batch_id = b.batch_id
    and r.row_no between ($2::int - 1)::bigint * b.chunk_size + 1 and $2::int::bigint * b.chunk_size
where b.batch_id = $1 and b.desired <> 'deleted'
for key share of b
on conflict (batch_at, batch_id, row_no) do update set document = excluded.document
