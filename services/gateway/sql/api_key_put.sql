insert into gateway.api_keys (key_id, name, role, print, created_by) values ($1, $2, $3, $4, $5)
returning key_id, name, role, created_at, created_by, last_used_at, revoked_at
