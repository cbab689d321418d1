"""What is wrong with an upload as a whole. What is wrong with one line is a row of its own."""


class UnreadableUpload(Exception):
    """The upload can't be a batch. `reason` is a sentence for its sender: what is wrong and what to send."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
