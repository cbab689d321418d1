-- The runs that are due to end; at that moment every row has its wanted attempt.
select w.*, w.total_urls + b.retried as attempts
from exporter.whole as w
join gateway.batches as b using (batch_id)
where w.created_at >= $1
