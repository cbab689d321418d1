-- Each run takes its place among the running batches anew; `started_at` stays the first start of all.
alter table ingest.batches add column run_started_at timestamptz;
update ingest.batches set run_started_at = started_at;
