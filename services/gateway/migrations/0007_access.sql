-- Who may come in, and what was done by whom.
create table gateway.api_keys (
    key_id uuid primary key,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    -- HMAC-SHA256 of the key: what is stored here opens nothing.
    print bytea not null unique,
    created_at timestamptz not null default now(),
    created_by text not null,
    last_used_at timestamptz,
    revoked_at timestamptz
);

-- No reference to batches: what was done to a batch outlives it.
create table gateway.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    key_id uuid,
    role text not null,
    address text not null,
    request_id text not null,
    action text not null,
    batch_id uuid,
    outcome text not null check (outcome in ('done', 'refused')),
    details jsonb not null default '{}'
);
create index audit_of_batch on gateway.audit (batch_id, id desc);
create index audit_of_key on gateway.audit (key_id, id desc);

create function gateway.keep_audit() returns trigger language plpgsql as $$
begin
    raise exception 'gateway.audit is append-only';
end $$;
create trigger audit_is_append_only before update or delete or truncate on gateway.audit
    for each statement execute function gateway.keep_audit();
