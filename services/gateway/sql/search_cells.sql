-- As search_rows.sql, as the cells of a CSV. The condition comes from shared/filters.py, its values are
-- parameters from $6 on; $5 are the words, which choose no row here.
select
    h.batch_at, h.batch_id, h.row_no,
    exporter.cell(b.name) as batch_name,
    exporter.cell(r.url) as url,
    r.success::text as success,
    r.store_image::text as store_image,
    exporter.cell(r.text_content) as text_content,
    exporter.cell(r.store_name) as store_name,
    exporter.cell(r.business_contact) as business_contact,
    exporter.cell(r.image_description) as image_description,
    exporter.cell(r.error_message) as error_message,
    exporter.utc(r.created_at) as created_at,
    exporter.result_id(r.batch_id, r.row_no) as result_id
from unnest($1::timestamptz[], $2::uuid[], $3::bigint[]) with ordinality as h (batch_at, batch_id, row_no, nth)
join gateway.batches as b using (batch_id)
join exporter.results as r on r.batch_id = h.batch_id and r.row_no = h.row_no
where b.desired <> 'deleted' and b.deleted_at is null and $5::text is not distinct from $5 and {condition}
order by h.nth
limit $4
