"""What workers do with services, one file a verb; importing this package registers the handlers."""
