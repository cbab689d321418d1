select count(*) from monitor.stuck where batch_id = $1
