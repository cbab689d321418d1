select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from lifecycle.outbox
