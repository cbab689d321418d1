-- The results of these hits ($1 to $3) that are wanted and of batches that are listed, at most $4, in the hits'
-- order. The condition comes from shared/filters.py. In a snippet, the words of $5 stand between ** and **.
select
    f.batch_at, f.batch_name, f.batch_id, f.row_no, f.chunk_no, f.attempt, f.url, f.success, f.store_image,
    f.text_content, f.store_name, f.business_contact, f.image_description, f.error_class, f.error_message,
    f.analysis_result, f.processing_time_seconds, f.api_key_used, f.cache_hit, f.gemini_model_used, f.extra,
    f.created_at, f.cost,
    case when $5::text is not null then ts_headline(
        'simple', left(f.words, 5000), websearch_to_tsquery('simple', $5),
        'StartSel=**, StopSel=**, MaxWords=24, MinWords=12, MaxFragments=1'
    ) end as snippet
from (
    select
        h.nth, b.name as batch_name, r.batch_id, r.row_no, r.chunk_no, r.attempt, r.url, r.success, r.store_image,
        r.text_content, r.store_name, r.business_contact, r.image_description, r.error_class, r.error_message,
        r.analysis_result, r.processing_time_seconds, r.api_key_used, r.cache_hit, r.gemini_model_used, r.extra,
        r.created_at, r.cost, exporter.words(r) as words, h.batch_at
    from unnest($1::timestamptz[], $2::uuid[], $3::bigint[]) with ordinality as h (batch_at, batch_id, row_no, nth)
    join gateway.batches as b using (batch_id)
    join exporter.results as r on r.batch_id = h.batch_id and r.row_no = h.row_no
    where b.desired <> 'deleted' and b.deleted_at is null and {condition}
    order by h.nth
    limit $4
) as f
order by f.nth
