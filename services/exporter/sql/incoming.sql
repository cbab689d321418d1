-- A session's staging table. Long JSON is not compressed on its way (a third of the time of a poll).
create temp table if not exists incoming (
    batch_id uuid,
    row_no bigint,
    chunk_no int,
    attempt int,
    url text,
    success boolean,
    store_image boolean,
    text_content text,
    store_name text,
    business_contact text,
    image_description text,
    error_class text,
    error_message text,
    analysis_result text storage external,
    processing_time_seconds real,
    api_key_used text,
    cache_hit boolean,
    gemini_model_used text,
    extra text,
    created_at timestamptz,
    worker text
) on commit delete rows
