-- The result with this id: its batch's id lies in a range of the primary key (shared/ids.py).
select
    r.batch_id, r.row_no, r.chunk_no, r.attempt, r.url, r.success, r.store_image, r.text_content, r.store_name,
    r.business_contact, r.image_description, r.error_class, r.error_message, r.analysis_result,
    r.processing_time_seconds, r.api_key_used, r.cache_hit, r.gemini_model_used, r.extra, r.created_at,
    r.cost
from gateway.batches as b
join exporter.results as r on r.batch_id = b.batch_id and r.row_no = $3
where b.batch_id between $1 and $2 and b.desired <> 'deleted'
limit 1
