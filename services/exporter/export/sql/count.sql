select count(*) from exporter.results as r where r.batch_id = any($1) and {condition}
