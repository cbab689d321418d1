-- Results of a range of rows in order. The condition comes from shared/filters.py, its values are parameters.
select
    r.row_no, r.chunk_no, r.attempt, r.url, r.success, r.store_image, r.text_content, r.store_name,
    r.business_contact, r.image_description, r.error_class, r.error_message, r.analysis_result,
    r.processing_time_seconds, r.api_key_used, r.cache_hit, r.gemini_model_used, r.extra, r.created_at,
    r.cost
from exporter.results as r
where r.batch_id = $1 and r.row_no between $2 and $3 and {condition}
order by r.row_no
offset $4
limit $5
