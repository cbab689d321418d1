"""Records go where Kafka's own partitioner would send them: others compute it, too."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka import choose


@given(st.binary(min_size=1, max_size=64), st.integers(1, 64))
def test_a_key_has_the_partition_of_kafkas_default(key: bytes, count: int) -> None:
    partitions = list(range(count))
    assert choose(key, partitions, partitions) == DefaultPartitioner()(key, partitions, partitions)


def test_a_dead_letter_without_a_key_goes_anywhere() -> None:
    assert choose(None, [0, 1, 2], [1]) == 1
    assert choose(None, [0], []) == 0
