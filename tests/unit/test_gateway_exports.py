"""What the exporter's refusals become for clients."""

from services.gateway.exports import refusal_of


def test_an_exporter_that_is_full_or_cut_off_is_unavailable_for_a_while() -> None:
    error = refusal_of(503)
    assert (error.status, error.error_type) == (503, "SystemError")
    assert int(error.headers["Retry-After"]) > 0


def test_any_other_refusal_is_a_failed_export() -> None:
    error = refusal_of(500)
    assert (error.status, error.error_type, error.headers) == (500, "ExportError", {})
