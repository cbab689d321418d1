-- The first chunk from $2 on that has a row below its wanted attempt, told by counters alone.
select n as chunk_no
from gateway.batches b
cross join lateral generate_series($2::int, ((b.total_urls - 1) / b.chunk_size)::int + 1) n
left join exporter.chunks c on c.batch_id = b.batch_id and c.chunk_no = n
left join gateway.wanted_chunks w on w.batch_id = b.batch_id and w.chunk_no = n
where b.batch_id = $1
  and coalesce(c.attempts, 0)
      < least(b.chunk_size, b.total_urls - (n - 1)::bigint * b.chunk_size) + coalesce(w.retried, 0)
order by n
limit 1
