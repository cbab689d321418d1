insert into gateway.audit (actor, key_id, role, address, request_id, action, batch_id, outcome, details)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb)
