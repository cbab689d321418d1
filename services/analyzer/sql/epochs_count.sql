select count(*) from analyzer.quota_epochs
