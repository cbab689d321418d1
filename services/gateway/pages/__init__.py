"""The web pages: server-rendered, live by one event stream a page."""
