select fingerprint, wanted from gateway.provider_keys
