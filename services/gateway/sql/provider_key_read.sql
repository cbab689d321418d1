select wanted from gateway.provider_keys where fingerprint = $1
