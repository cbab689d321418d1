insert into monitor.rates as r (batch_id, bucket, processed, failed, cache_hits)
select * from unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[], $5::int[])
on conflict (batch_id, bucket) do update set
    processed = r.processed + excluded.processed,
    failed = r.failed + excluded.failed,
    cache_hits = r.cache_hits + excluded.cache_hits
