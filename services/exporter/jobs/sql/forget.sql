delete from exporter.export_jobs where export_id = $1
