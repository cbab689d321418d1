-- No row comes back when the key is taken, or when the asker or all together have as many unfinished as they may.
with unfinished as (
    select g.asker
    from gateway.export_jobs as g
    left join exporter.export_jobs as e using (export_id)
    where g.cancelled_at is null and g.deleted_at is null and e.state is null
)
insert into gateway.export_jobs (export_id, asker, batch_id, asked, format, export, idempotency_key, fingerprint)
select $1, $2, $3, $4, $5, $6, $7, $8
where
    (select count(*) from unfinished where asker = $2) < $9
    and (select count(*) from unfinished) < $10
on conflict (idempotency_key) do nothing
returning export_id
