-- What a row's result replaced, the latest first.
select
    row_no, chunk_no, attempt, url, success, store_image, text_content, store_name, business_contact,
    image_description, error_class, error_message, analysis_result, processing_time_seconds, api_key_used,
    cache_hit, gemini_model_used, extra, created_at, cost
from exporter.earlier_attempts
where batch_id = $1 and row_no = $2
order by attempt desc
limit $3
