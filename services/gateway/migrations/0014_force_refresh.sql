-- force_refresh: answers that were paid for before this moment do not count for the batch (rule 2).
alter table gateway.batches add column fresh_since timestamptz;
