-- A soft-deleted batch keeps its status and is hidden until it is restored, or deleted at `purge_at`. The row of a
-- deleted batch stays (rule 8); `purged_at` says that no service has rows or files of it any more.
alter table gateway.batches
    add column deleted_at timestamptz,
    add column purge_at timestamptz,
    add column purged_at timestamptz,
    alter column weight set default 3;

-- Weights are priorities now (services/gateway/priority.py): what there was is of the usual one.
update gateway.batches set weight = 3 where weight = 1;

create index batches_expiring on gateway.batches (purge_at) where purge_at is not null and desired <> 'deleted';
create index batches_unpurged on gateway.batches (batch_id) where desired = 'deleted' and purged_at is null;
create index idempotency_keys_batch on gateway.idempotency_keys (batch_id);
