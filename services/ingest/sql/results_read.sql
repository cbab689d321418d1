select partition, next_offset from exporter.offsets where topic = $1
