-- The oldest export that nobody makes. A row lock keeps two claims apart; the fence tells their makers apart. A maker
-- that did not give it back has died: that counts as a failure.
with due as (
    select g.export_id
    from gateway.export_jobs as g
    left join exporter.export_jobs as e using (export_id)
    where
        g.cancelled_at is null
        and g.deleted_at is null
        and (e.export_id is null or (e.state is null and e.lease_until <= now()))
    order by g.created_at
    limit 1
    for update of g skip locked
), claimed as (
    insert into exporter.export_jobs as e (export_id, fence, owner, lease_until, failures, started_at, claimed_at)
    select export_id, 1, $1, now() + make_interval(secs => $2), 0, now(), now() from due
    on conflict (export_id) do update set
        fence = e.fence + 1,
        owner = excluded.owner,
        lease_until = excluded.lease_until,
        failures = e.failures + (e.owner is not null)::int,
        claimed_at = now(),
        rows_done = 0,
        bytes = 0
    where e.state is null and e.lease_until <= now()
    returning export_id, fence, failures
)
select c.export_id, c.fence, c.failures, g.export
from claimed as c
join gateway.export_jobs as g using (export_id)
