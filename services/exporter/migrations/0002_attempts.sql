-- `attempts`: the sum of the attempts of the stored rows. A batch is whole when no row is below its wanted
-- attempt, and as none is ever above it, the sums tell: no row has to be counted.
alter table exporter.chunks add column attempts bigint not null default 0;
update exporter.chunks set attempts = processed;
alter table exporter.chunks alter column attempts drop default;

create or replace view exporter.whole as
select b.batch_id, b.run, b.version, b.total_urls, b.created_at, c.successful, c.failed
from gateway.batches as b
cross join lateral (
    select sum(attempts) as attempts, sum(successful) as successful, sum(failed) as failed
    from exporter.chunks
    where batch_id = b.batch_id
) as c
where
    b.desired not in ('cancelled', 'deleted')
    and not exists (select from lifecycle.terminal as t where t.batch_id = b.batch_id and t.run = b.run)
    and c.attempts = b.total_urls + b.retried;
