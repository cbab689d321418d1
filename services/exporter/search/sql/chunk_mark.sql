-- First of its transaction: whoever stores a result of the chunk meanwhile waits, and then says again that it is
-- to be indexed. Nothing comes back for a chunk that was purged or that another member indexed.
update exporter.chunks set indexed = true
where batch_id = $1 and chunk_no = $2 and not indexed
returning chunk_no
