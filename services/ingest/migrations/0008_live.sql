-- What started lately, for the live events of all batches.
create index batches_started_lately on ingest.batches (started_at);
