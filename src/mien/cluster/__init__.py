"""Many pictures and videos, on the cores of one machine or on a Ray cluster."""
