-- The results of a range of rows of another batch, to be sent as a clone's own.
select row_no, url, success, store_image, text_content, store_name, business_contact, image_description,
       error_class, error_message, analysis_result::text as analysis_result, processing_time_seconds,
       api_key_used, gemini_model_used, extra::text as extra
from exporter.results
where batch_id = $1 and row_no between $2 and $3
order by row_no
