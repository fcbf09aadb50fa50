"""Anywhere: an app store of managed open-source services for any Kubernetes cluster."""

__version__ = "0.1.0"
