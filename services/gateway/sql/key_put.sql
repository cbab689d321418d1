-- No row comes back when the key is taken: who commits first has it (rule 12).
insert into gateway.idempotency_keys (key, fingerprint, batch_id, reply) values ($1, $2, $3, $4)
on conflict (key) do nothing
returning key
