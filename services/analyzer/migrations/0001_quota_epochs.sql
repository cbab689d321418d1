-- The run ids of the Redis servers that have counted quota: none means that no call was ever made,
-- so that a first start need not wait out a window that nobody used (rule 5).
create table analyzer.quota_epochs (
    run_id text primary key,
    seen_at timestamptz not null default now()
);
