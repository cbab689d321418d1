select key_id, name, role, print, last_used_at from gateway.api_keys where revoked_at is null
