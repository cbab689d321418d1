insert into gateway.batches (
    batch_id, name, original_filename, total_urls, chunk_size, columns, region, rows_path, upload_path, desired,
    weight, fresh_since, max_cost
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $12::boolean then now() end, $13)
