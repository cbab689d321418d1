"""Every metric of the system, by name, with what it says. Each is on a dashboard or in an alert."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When each series began is of no use here, and half of what a scrape would carry.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LATENCY = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)

# --- every service --------------------------------------------------------------------------------
# 1 while a check of /readyz passes, 0 while it fails: what the service cannot do without, as it sees it.
CHECK_PASSES = Gauge("ia_check_passes", "1 while a check of readiness passes", ["check"])

# --- Kafka, every consumer ------------------------------------------------------------------------
# Records read, by topic.
RECORDS_READ = Counter("ia_records_read", "Records read", ["topic"])
# Records that could not be decoded or stored and went to the dead-letter topic, by the topic they came from.
DEAD_LETTERS = Counter("ia_dead_letters", "Records sent to a dead-letter topic", ["topic"])
# End of the log less the committed position, in records, by group; the monitor measures all groups.
CONSUMER_LAG = Gauge("ia_consumer_lag_records", "Records not yet processed", ["group", "topic"])
# Age of the oldest unprocessed record, in seconds, by group.
CONSUMER_LAG_SECONDS = Gauge(
    "ia_consumer_lag_seconds", "Age of the oldest unprocessed record", ["group", "topic"]
)

# --- gateway --------------------------------------------------------------------------------------
# HTTP requests by route template, method and status.
HTTP_REQUESTS = Counter("ia_http_requests", "HTTP requests", ["route", "method", "status"])
# Seconds until the reply's head was sent, by route template.
HTTP_SECONDS = Histogram("ia_http_request_seconds", "HTTP latency", ["route"], buckets=_LATENCY)
# Requests that are being answered, streams too.
HTTP_IN_FLIGHT = Gauge("ia_http_requests_in_flight", "HTTP requests in flight")
# Rows accepted in uploads.
ROWS_ACCEPTED = Counter("ia_rows_accepted", "Rows accepted in uploads")
# Age of the oldest outbox record that is not published yet; 0 when there is none.
OUTBOX_AGE = Gauge("ia_outbox_age_seconds", "Age of the oldest unpublished outbox record")
# Streams of live events that are open, those of the pages too.
LIVE_LISTENERS = Gauge("ia_live_listeners", "Open streams of live events")

# --- ingest ---------------------------------------------------------------------------------------
# Rows handed out, by why: first | released | incomplete, and those whose results were copied.
ROWS_DISPATCHED = Counter("ia_rows_dispatched", "Rows dispatched", ["why"])
# Slices handed out and not yet reported finished, over the batches of this member.
SLICES_OUTSTANDING = Gauge("ia_slices_outstanding", "Slices outstanding")
# Batches that run now, over the batches of this member.
BATCHES_RUNNING = Gauge("ia_batches_running", "Batches running")

# --- analyzer -------------------------------------------------------------------------------------
# Slices in hand.
SLICES_IN_FLIGHT = Gauge("ia_slices_in_flight", "Slices in hand")
# Rows published, by outcome: ok | the error class.
ROWS = Counter("ia_rows", "Rows with a result", ["outcome"])
# Cache look-ups, by result: hit | miss | waited (another analyzer was calling for the image).
CACHE = Counter("ia_cache_lookups", "Result cache look-ups", ["result"])
# Entries of the result cache that had to go before their time (CACHE_MAX_MB).
CACHE_TRIMMED = Counter("ia_cache_trimmed", "Result cache entries removed to make room")
# Bytes that Redis holds, and that it may: its maxmemory, or else what its machine has.
REDIS_USED = Gauge("ia_redis_used_bytes", "Memory that Redis uses")
REDIS_LIMIT = Gauge("ia_redis_limit_bytes", "Memory that Redis may use")
# Seconds of a download with all its tries.
DOWNLOAD_SECONDS = Histogram("ia_download_seconds", "Download time", buckets=_LATENCY)
# Bytes downloaded.
DOWNLOAD_BYTES = Counter("ia_download_bytes", "Bytes downloaded")
# Hosts of pictures, of the last 512 that this analyzer saw: fast | slow | left_alone (wants a rest, or failed
# again and again).
HOSTS = Gauge("ia_hosts", "Hosts of pictures by how they are", ["state"])
# Provider calls, by outcome: ok | quota | key | unavailable | timeout | crashed | request.
CALLS = Counter("ia_provider_calls", "Provider calls", ["provider", "outcome"])
# Images sent in provider calls that were answered.
CALL_IMAGES = Counter("ia_provider_images", "Images annotated", ["provider"])
# What the provider counts of answered calls: google features of images, gemini tokens.
UNITS = Counter("ia_provider_units", "Units that the provider charges for", ["provider"])
# What the images of answered calls cost, in US dollars by the prices of the settings.
COST = Counter("ia_provider_cost_dollars", "Cost of annotated images in US dollars", ["provider"])
# Seconds of a provider call.
CALL_SECONDS = Histogram("ia_provider_call_seconds", "Provider call time", ["provider"], buckets=_LATENCY)
# 1 while the provider is left alone because its calls failed.
PROVIDER_AWAY = Gauge("ia_provider_away", "1 while the provider is left alone")
# Calls in flight.
CALLS_IN_FLIGHT = Gauge("ia_provider_calls_in_flight", "Provider calls in flight")
# Calls of each group that count against its quota now. All analyzers say the same of it.
QUOTA_USED = Gauge("ia_quota_used", "Quota slots in use", ["group"])
# Calls a window that each group may make: what refusals left of its quota, 0 while no key of it may be used.
QUOTA_LIMIT = Gauge("ia_quota_limit", "Quota slots there are", ["group"])
# 1 for the state that a key is in, 0 for the others: ok | cooling | quarantined | probing | paused | retired.
# Keys are told by fingerprint.
KEY_STATE = Gauge("ia_key_state", "State of each key", ["key", "group", "state"])
# Seconds that the next call waited for its permit, by what it waited for: keys | hold | quota | redis |
# busy (calls in flight).
PERMIT_WAIT_SECONDS = Counter("ia_permit_wait_seconds", "Seconds waited for permits", ["why"])

# --- exporter -------------------------------------------------------------------------------------
# Result rows stored, new or replaced by a newer attempt; duplicates are not counted.
RESULTS_STORED = Counter("ia_results_stored", "Results stored")
# Seconds of one projecting transaction.
PROJECT_SECONDS = Histogram(
    "ia_project_seconds", "Projecting transaction time", ["service"], buckets=_LATENCY
)
# Batches that ended, by kind.
BATCHES_ENDED = Counter("ia_batches_ended", "Batches ended", ["kind"])
# Chunks whose words were indexed for search.
CHUNKS_INDEXED = Counter("ia_chunks_indexed", "Chunks indexed for search")
# Exports made to their end, streamed or in the background, by format.
EXPORTS = Counter("ia_exports", "Exports streamed", ["format"])
# Exports in the background that are not ended, by state: running | queued.
EXPORT_JOBS = Gauge("ia_export_jobs", "Exports in the background", ["state"])
# How long the oldest export that nobody makes has waited; 0 when there is none.
EXPORT_JOBS_WAIT = Gauge("ia_export_jobs_wait_seconds", "Age of the oldest export that waits")
# Bytes of exports that were made in the background.
EXPORT_JOB_BYTES = Counter("ia_export_job_bytes", "Bytes of exports made in the background")

# --- monitor --------------------------------------------------------------------------------------
# Slices past their deadline that no analyzer has in hand.
STUCK_SLICES = Gauge("ia_stuck_slices", "Slices past their deadline, in nobody's hands")
# Rows without a result, of the batches that run or will by themselves.
ROWS_WAITING = Gauge("ia_rows_waiting", "Rows that wait for their result")
# The longest time that one of the running batches has had no new result.
BATCH_STANDSTILL = Gauge("ia_batch_standstill_seconds", "Longest time without a result in a running batch")
# Unix time of the monitor's last measurement: lags | stuck | waiting. What is old is not known.
MEASURED = Gauge("ia_measured_timestamp_seconds", "Unix time of the last measurement", ["what"])
# Records in each dead-letter topic now, by the topic they came from.
DEAD_LETTERS_KEPT = Gauge("ia_dead_letters_kept", "Records in the dead-letter topic", ["topic"])
