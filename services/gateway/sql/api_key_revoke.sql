update gateway.api_keys set revoked_at = now() where key_id = $1
returning key_id, name, role, created_at, created_by, last_used_at, revoked_at
