select
    row_no, url, success, store_image, text_content, store_name, business_contact, image_description,
    error_class, error_message, processing_time_seconds, cache_hit, created_at
from exporter.results
where batch_id = $1
order by row_no
limit $2
