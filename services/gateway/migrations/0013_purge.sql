-- Which clones still copy the results of a batch: it is not purged before they have ended.
create index batches_copied_from on gateway.batches (copied_from) where copied_from is not null;
