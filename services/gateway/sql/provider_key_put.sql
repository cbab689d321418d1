insert into gateway.provider_keys (fingerprint, wanted, reason, changed_by)
values ($1, $2, $3, $4)
on conflict (fingerprint) do update
set wanted = excluded.wanted, reason = excluded.reason, changed_by = excluded.changed_by, changed_at = now()
