"""Every endpoint of the API by method and path. A route that is not here fails a test: add a line."""

from services.gateway import commands
from services.gateway.api import admin_queue
from services.gateway.api.clone import CloneBody
from services.gateway.api.provider_keys import KeyChange
from services.gateway.api.retry import RetryBody
from services.gateway.exporting.asked import Filtered, Several
from services.gateway.exporting.jobs.asked import ExportWanted
from services.gateway.openapi import (
    access,
    analysis,
    batches,
    export_jobs,
    exports,
    forms,
    provider_keys,
    queue,
    results,
    system,
    uploads,
)
from services.gateway.openapi.operation import CSV, EVENTS, XLSX, ZIP, Also, Extra, Operation
from shared.exporting import MEDIA_TYPES

_BATCH = "/api/v1/batches/{batch_id}"
_EXPORT = "/api/v1/exports/{export_id}"
FILES = tuple(MEDIA_TYPES.values())

OPERATIONS: dict[str, Operation] = {
    "POST /api/v1/batches": Operation(
        "create_batch",
        "Create a batch from a file",
        batches.Created,
        201,
        form=forms.UploadForm,
        also=Also(200, "With dry_run=true: what the file would become", uploads.DryRun),
        refuses=(413, 422),
        extra=Extra.REPLAYABLE,
    ),
    "GET /api/v1/batches": Operation(
        "list_batches", "List batches", batches.BatchPage, query=forms.ListQuery, extra=Extra.TAGGED
    ),
    "GET /api/v1/batches/stuck": Operation("list_stuck_work", "List work past its deadline", batches.Stuck),
    "GET /api/v1/batch/{batch_id}": Operation(
        "get_batch", "Get a batch", batches.BatchDetail, extra=Extra.POLLED
    ),
    f"GET {_BATCH}": Operation(
        "get_batch_by_plural", "Get a batch, by the other spelling", batches.BatchDetail, extra=Extra.POLLED
    ),
    f"GET {_BATCH}/status": Operation(
        "get_batch_status", "Get a batch's status", batches.BatchDetail, extra=Extra.POLLED
    ),
    f"GET {_BATCH}/progress": Operation(
        "get_batch_progress", "Get a batch's progress", batches.Progress, extra=Extra.POLLED
    ),
    f"GET {_BATCH}/health": Operation("get_batch_health", "Get a batch's health score", batches.BatchHealth),
    f"GET {_BATCH}/analyze": Operation("analyze_batch", "Analyze a batch's errors", analysis.ErrorAnalysis),
    f"GET {_BATCH}/chunks": Operation(
        "list_batch_chunks", "List a batch's chunks", batches.ChunkPage, extra=Extra.POLLED
    ),
    f"GET {_BATCH}/results": Operation(
        "list_results",
        "List a batch's results",
        results.ResultPage,
        query=forms.ResultsQuery,
        extra=Extra.POLLED,
    ),
    "GET /api/v1/results/{result_id}": Operation("get_result", "Get a result", results.OneResult),
    "GET /api/v1/batch-data": Operation(
        "search_results",
        "Search all results",
        results.HitPage,
        query=forms.ResultsQuery,
        refuses=(404,),
    ),
    f"GET {_BATCH}/events": Operation(
        "follow_batch",
        "Follow a batch live",
        downloads=(EVENTS,),
        also=Also(204, "The batch has ended, and Last-Event-ID says that its end was heard of"),
    ),
    "GET /api/v1/events": Operation("follow_batches", "Follow all batches live", downloads=(EVENTS,)),
    f"POST {_BATCH}/start": Operation("start_batch", "Start a batch", batches.Controlled),
    f"POST {_BATCH}/pause": Operation("pause_batch", "Pause a batch", batches.Controlled),
    f"POST {_BATCH}/resume": Operation(
        "resume_batch", "Resume a batch", batches.Controlled, body=commands.Resume
    ),
    f"POST {_BATCH}/cancel": Operation("cancel_batch", "Cancel a batch", batches.Controlled),
    f"POST {_BATCH}/retry": Operation(
        "retry_batch", "Try a batch's failed rows again", batches.Retried, body=RetryBody
    ),
    "POST /api/v1/results/{result_id}/retry": Operation(
        "retry_result", "Try one failed row again", batches.Retried
    ),
    f"POST {_BATCH}/clone": Operation("clone_batch", "Clone a batch", batches.Cloned, 201, body=CloneBody),
    f"POST {_BATCH}/force-start": Operation(
        "force_start_batch", "Start a batch over the limit", batches.Controlled, body=commands.ForceStart
    ),
    f"POST {_BATCH}/soft-delete": Operation(
        "soft_delete_batch", "Hide a batch for a while", batches.Controlled, body=commands.SoftDelete
    ),
    f"POST {_BATCH}/restore": Operation("restore_batch", "Restore a hidden batch", batches.Controlled),
    f"DELETE {_BATCH}": Operation("delete_batch", "Delete a batch", batches.Controlled),
    "DELETE /api/v1/batch/{batch_id}": Operation(
        "delete_batch_by_singular", "Delete a batch, by the other spelling", batches.Controlled
    ),
    "POST /api/v1/batches/bulk": Operation(
        "change_batches", "Change many batches", batches.BulkDone, body=commands.Bulk
    ),
    "GET /api/v1/export/batch/{batch_id}": Operation(
        "export_batch", "Download a batch's results", downloads=FILES, query=forms.ExportQuery, refuses=(413,)
    ),
    "GET /api/v1/export/batch/{batch_id}/preview": Operation(
        "preview_export",
        "See the first 100 rows of a download",
        exports.Preview,
        query=forms.ExportQuery,
        refuses=(413,),
    ),
    "GET /api/v1/export/batch/{batch_id}/summary": Operation(
        "summarise_export", "See how large downloads would be", exports.Summary
    ),
    "POST /api/v1/export/batches/multiple": Operation(
        "export_batches", "Download several batches as a ZIP", downloads=(ZIP,), body=Several, refuses=(404,)
    ),
    "POST /api/v1/export/filtered": Operation(
        "export_filtered", "Download rows of all batches", downloads=FILES, body=Filtered
    ),
    "GET /api/v1/export/template": Operation(
        "get_template", "Download a file to fill in", downloads=(CSV, XLSX), query=forms.TemplateQuery
    ),
    "GET /api/v1/export/statistics": Operation(
        "get_export_statistics", "Get figures of completed downloads", exports.Statistics
    ),
    "GET /api/v1/export/formats": Operation("list_export_formats", "List the formats", exports.Formats),
    "POST /api/v1/exports": Operation(
        "create_export",
        "Have an export of any size made in the background",
        export_jobs.ExportJob,
        202,
        body=ExportWanted,
        refuses=(404, 422),
        extra=Extra.REPLAYABLE,
    ),
    "GET /api/v1/exports": Operation(
        "list_exports", "List exports in the background", export_jobs.ExportPage, refuses=(404,)
    ),
    f"GET {_EXPORT}": Operation(
        "get_export", "Get an export's progress", export_jobs.ExportJob, extra=Extra.POLLED
    ),
    f"GET {_EXPORT}/file": Operation(
        "download_export",
        "Download the file of an export, or a part of it",
        downloads=(*FILES, ZIP),
        also=Also(206, "The bytes of the Range"),
        refuses=(416,),
    ),
    f"POST {_EXPORT}/cancel": Operation("cancel_export", "Stop an export", export_jobs.ExportJob),
    f"DELETE {_EXPORT}": Operation(
        "delete_export", "Delete an export and its file", export_jobs.ExportDeleted
    ),
    "GET /api/v1/health": Operation(
        "check_health", "Check what the system needs", system.SystemHealth, extra=Extra.PROBED
    ),
    "GET /api/v1/system/stats": Operation(
        "get_system_stats", "Get the whole system in numbers", system.SystemStats
    ),
    "GET /admin/queue/status": Operation("get_queue_status", "Get the queue's status", queue.QueueStatus),
    "POST /admin/queue/cleanup": Operation(
        "clean_up_queue", "Clean up after ended batches", queue.CleanedUp, body=admin_queue.Cleanup
    ),
    "POST /admin/batch/{batch_id}/reset": Operation(
        "reset_batch", "Hand out a batch's work again", queue.BatchReset, body=admin_queue.Reset
    ),
    "POST /admin/queue/stuck/{job_id}/retry": Operation(
        "retry_stuck_job", "Hand out a stuck job again", queue.JobRetried
    ),
    "GET /api/v1/ping": Operation("ping", "Ask whether the process is there", system.Pong),
    "POST /admin/keys": Operation(
        "create_key", "Make an API key", access.ApiKeyMade, 201, body=access.KeyWanted
    ),
    "GET /admin/keys": Operation("list_keys", "List API keys", access.ApiKeys),
    "DELETE /admin/keys/{key_id}": Operation("revoke_key", "Revoke an API key", access.ApiKey),
    "GET /admin/provider-keys": Operation(
        "list_provider_keys", "List the provider's keys and their states", provider_keys.ProviderKeys
    ),
    "POST /admin/provider-keys/{fingerprint}/pause": Operation(
        "pause_provider_key", "Pause a key", provider_keys.ProviderKeyChanged, body=KeyChange
    ),
    "POST /admin/provider-keys/{fingerprint}/resume": Operation(
        "resume_provider_key", "Use a paused key again", provider_keys.ProviderKeyChanged, body=KeyChange
    ),
    "POST /admin/provider-keys/{fingerprint}/retire": Operation(
        "retire_provider_key", "Never use a key again", provider_keys.ProviderKeyChanged, body=KeyChange
    ),
    "GET /admin/audit": Operation("read_audit_log", "Read who did what", access.AuditPage),
}
