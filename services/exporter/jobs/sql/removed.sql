update exporter.export_jobs set removed_at = now(), owner = null where export_id = $1
