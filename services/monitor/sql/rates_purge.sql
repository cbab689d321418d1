delete from monitor.rates where bucket < now() - interval '1 day'
