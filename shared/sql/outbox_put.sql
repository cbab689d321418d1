insert into lifecycle.outbox (topic, key, headers, body) values ($1, $2, $3::jsonb, $4)
