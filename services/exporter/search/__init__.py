"""Search: the words of the results, indexed behind the results' own way."""
