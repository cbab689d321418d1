"""What is said of failed rows adds up, whatever classes they have."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.error_report import Example, recommendations, report
from shared.error_classes import ErrorClass

counts = st.dictionaries(
    st.sampled_from([*ErrorClass, "of_a_newer_service"]), st.integers(1, 10**9), max_size=16
).map(lambda found: dict(sorted(found.items(), key=lambda item: -item[1])))


@given(counts)
def test_categories_and_classes_add_up(found: dict[str, int]) -> None:
    said = report(found, {})
    assert said["total_errors"] == sum(found.values()) == sum(said["error_categories"].values())
    assert {"network_errors", "invalid_urls", "processing_errors"} <= said["error_categories"].keys()
    assert [top["count"] for top in said["top_errors"]] == list(found.values())[:10]
    assert all(0 <= top["percentage"] <= 100 and top["advice"] for top in said["top_errors"])
    assert said["recommendations"]


def test_each_class_comes_with_its_example_and_its_advice() -> None:
    said = report({"dns": 3, "invalid_url": 1}, {"dns": Example(7, "https://x.test/1.jpg", "no address")})
    first, second = said["top_errors"]
    assert first == {
        "error_type": "dns",
        "count": 3,
        "percentage": 75.0,
        "example": {"row_no": 7, "url": "https://x.test/1.jpg", "error_message": "no address"},
        "advice": "Check the host's name: it has no address.",
    }
    assert (second["error_type"], second["example"]) == ("invalid_url", None)
    assert said["error_categories"] == {"network_errors": 3, "invalid_urls": 1, "processing_errors": 0}


def test_a_retry_is_recommended_only_where_it_may_help() -> None:
    assert recommendations({}) == ["No row has failed: there is nothing to do."]
    assert "3 rows failed for reasons that may pass: retry the failed rows." in recommendations(
        {"timeout": 2, "not_an_image": 1, "http_5xx": 1}
    )
    assert not any("retry the failed rows" in advice for advice in recommendations({"invalid_url": 5}))
