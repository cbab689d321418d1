-- Last: while there is a chunk, there may be rows.
delete from exporter.chunks where batch_id = $1
