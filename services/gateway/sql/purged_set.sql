-- The row stays, so that no late event brings the batch back (rule 8); what its user wrote goes.
update gateway.batches b
set purged_at = now(), name = '', original_filename = '', columns = '{}'
where b.batch_id = $1 and not exists (select from exporter.chunks c where c.batch_id = b.batch_id)
returning true
