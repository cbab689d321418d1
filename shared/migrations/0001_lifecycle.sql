-- The ends of batches and the events that wait to be published: what several services write,
-- insert-only. The first row of a (batch, run) wins, the loser obeys.
create table lifecycle.terminal (
    batch_id uuid not null,
    run int not null,
    kind text not null check (kind in ('completed', 'failed', 'cancelled')),
    reason text,
    successful bigint not null,
    failed bigint not null,
    at timestamptz not null default now(),
    primary key (batch_id, run)
);

create table lifecycle.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null default now()
);
