"""Measurements beside a peer in the same run: ours, peer, ratio."""
