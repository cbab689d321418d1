select fingerprint, wanted, reason, changed_by, changed_at from gateway.provider_keys order by fingerprint
