select key_id, name, role, created_at, created_by, last_used_at, revoked_at
from gateway.api_keys
order by created_at desc, key_id
