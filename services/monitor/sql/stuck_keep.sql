insert into monitor.stuck as s (batch_id, chunk_no, first_row, since, why)
select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::timestamptz[], $5::text[])
on conflict (batch_id, first_row) do update set since = excluded.since, why = excluded.why
where s.since <> excluded.since or s.why <> excluded.why
