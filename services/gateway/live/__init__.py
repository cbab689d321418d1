"""Live events: one reader of the tables feeds everybody who listens."""
