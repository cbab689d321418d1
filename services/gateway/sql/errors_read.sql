-- Failed rows of a batch by class, the most frequent first.
select e.key as error_class, sum(e.value::bigint)::bigint as rows
from exporter.chunks, jsonb_each_text(errors) e
where batch_id = $1
group by e.key
having sum(e.value::bigint) > 0
order by rows desc, error_class
