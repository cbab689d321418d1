insert into analyzer.quota_epochs (run_id) values ($1) on conflict do nothing
