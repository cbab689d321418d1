-- Keys of the provider that operators took out of use, by fingerprint: a key that is not here may be used. Read by
-- the analyzers every 2 s.
create table gateway.provider_keys (
    fingerprint text primary key,
    wanted text not null check (wanted in ('paused', 'retired')),
    reason text not null default '',
    changed_by text not null,
    changed_at timestamptz not null default now()
);
