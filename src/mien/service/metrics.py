"""What Prometheus may ask: requests, faces, how long it took, what was refused."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """The counters of one process; with several workers each tells its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter("mien_requests", "Requests answered.", ["route", "status"], registry=self._registry)
        self.faces = Counter("mien_faces", "Faces read.", registry=self._registry)
        self.rejected = Counter("mien_rejected", "Input refused, by reason.", ["reason"], registry=self._registry)
        self.seconds = Histogram(
            "mien_request_seconds", "From a request's head to the end of its answer.", ["route"], registry=self._registry
        )

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
