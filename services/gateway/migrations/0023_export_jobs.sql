-- Exports that are made in the background: what was asked for, and what the asker wants of it since. How far each is,
-- the exporter says.
create table gateway.export_jobs (
    export_id uuid primary key,
    created_at timestamptz not null default now(),
    -- The key or the address that asked: whose it is, and for the bound of unfinished ones.
    asker text not null,
    -- The one batch whose rows these are; null: of several.
    batch_id uuid,
    -- As it is told back, and as the exporter takes it (shared/exporting.py).
    asked text not null,
    format text not null,
    export text not null,
    idempotency_key text unique,
    fingerprint bytea,
    cancelled_at timestamptz,
    deleted_at timestamptz
);
create index export_jobs_newest on gateway.export_jobs (created_at desc, export_id);
create index export_jobs_of_batch on gateway.export_jobs (batch_id) where batch_id is not null;
