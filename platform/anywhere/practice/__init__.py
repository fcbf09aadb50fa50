"""The practice cluster: a Kubernetes API simulator that Helm and the Kubernetes clients accept."""
