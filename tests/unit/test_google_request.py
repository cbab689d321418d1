"""The request that is written by hand is the one that protobuf would write."""

from google.cloud.vision_v1.types import image_annotator
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.providers.google import _FEATURES, _request

_Message = image_annotator.BatchAnnotateImagesRequest.pb()
_SIZES = st.one_of(st.integers(1, 300), st.sampled_from([16_383, 16_384, 2_097_151, 2_097_152]))


@given(st.lists(_SIZES, max_size=4))
def test_it_is_byte_for_byte_what_protobuf_writes(sizes: list[int]) -> None:
    images = [bytes(size) for size in sizes]
    message = _Message()
    for content in images:
        one = message.requests.add()
        one.image.content = content
        one.features.extend(_FEATURES)
    assert _request(images) == message.SerializeToString()
