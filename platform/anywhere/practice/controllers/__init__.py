"""What makes things happen in a practice cluster: one reconciler per kind, one queue per cluster."""
