"""Evaluation: protocols, metrics, pictures of them."""
