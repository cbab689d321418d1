-- The max_cost (micro-dollars) that the batch's next rows could pass: nothing more is handed out under it.
alter table ingest.batches add column short_of bigint;
create index batches_short on ingest.batches (batch_id) where short_of is not null and closed_at is null;
