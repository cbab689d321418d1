select * from exporter.whole where created_at >= $1
