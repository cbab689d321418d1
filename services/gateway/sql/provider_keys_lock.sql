lock table gateway.provider_keys in share row exclusive mode
