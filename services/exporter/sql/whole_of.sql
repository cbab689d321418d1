select * from exporter.whole where batch_id = any($1::uuid[])
