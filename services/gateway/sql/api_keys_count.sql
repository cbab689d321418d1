select count(*) from gateway.api_keys
