"""The service as a real process: what it answers, what it refuses, that it stays well."""

import contextlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.conftest import DEMO
from tests.service.running import COMMAND, Service
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from mien import look, read
from mien.models.catalog import CATALOG, DEFAULT_MODEL, FACE_DETECTOR, LINE_READER

TOKEN = "let-me-in"  # noqa: S105  of a service that lives for one test


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service") / "inside")
    yield running
    running.stop()


def png(width: int = 40, height: int = 30, level: int = 120) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (level, level, level)).save(stream, "PNG")
    return stream.getvalue()


def check_problem(answer: httpx.Response, status: int, text: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and text in told["detail"]
    assert "Traceback" not in answer.text and str(Path(__file__).parent.parent.parent) not in answer.text


def test_a_picture_is_read_as_look_reads_it(service: Service) -> None:
    answer = service.client.post("/v1/faces", content=DEMO.read_bytes())
    assert answer.status_code == 200
    ((told,),) = (picture["faces"] for picture in answer.json()["pictures"])
    (face,) = look(DEMO, detector=FACE_DETECTOR)
    assert face.reading
    assert told["box"] == pytest.approx({"x": face.box.x, "y": face.box.y, "width": face.box.width, "height": face.box.height})
    assert told["reading"]["expression"] == face.reading.expression == "happiness"
    assert list(told["reading"]["distribution"].values()) == pytest.approx(list(face.reading.distribution), abs=1e-6)
    assert len(told["landmarks"]) == 5


def test_several_pictures_are_read_in_their_order(service: Service) -> None:
    files = [("file", ("../../etc/passwd", DEMO.read_bytes())), ("x", ("a\x00b", b"nothing")), ("file", ("c", png()))]
    first, second, third = service.client.post("/v1/faces", files=files).json()["pictures"]
    assert (len(first["faces"]), first["error"]) == (1, None)
    assert second["faces"] == [] and second["error"].startswith("picture 2: not a picture")
    assert third == {"faces": [], "error": None}


def test_a_page_of_text_is_read_as_read_reads_it(service: Service) -> None:
    image = Image.new("RGB", (600, 120), "white")
    ImageDraw.Draw(image).text((30, 30), "Printed words", fill="black", font=ImageFont.load_default(48))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    told = service.client.post("/v1/text", content=stream.getvalue()).json()
    assert told == json.loads(json.dumps(read(image).to_json()))
    assert told["text"] == "Printed words"
    assert service.client.post("/v1/text", content=png()).json()["lines"] == []
    check_problem(service.client.post("/v1/text", content=b"nothing"), 422, "not a picture")


@pytest.mark.parametrize("route", ["/v1/faces/annotated", "/uploader"])
def test_the_annotated_picture_comes_back(service: Service, route: str) -> None:
    answer = service.client.post(route, files={"file": ("face.png", DEMO.read_bytes())})
    assert answer.headers["content-type"] == "image/png"
    drawn = Image.open(io.BytesIO(answer.content))
    with Image.open(DEMO) as original:
        assert drawn.size == original.size
        assert drawn.tobytes() != original.convert("RGB").tobytes()


def test_every_answer_says_what_a_browser_may_do(service: Service) -> None:
    for answer in (service.client.get("/healthz"), service.client.get("/none"), service.client.post("/v1/faces", content=b"x")):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_models_are_listed_with_their_cards(service: Service) -> None:
    told = {model["name"]: model for model in service.client.get("/v1/models").json()}
    assert told.keys() == CATALOG.keys()
    assert told["seed"]["card"] == CATALOG["seed"].card
    assert {name for name, model in told.items() if model["used"]} == {DEFAULT_MODEL, FACE_DETECTOR, LINE_READER}
    assert told["seed"]["contract"]["accuracies"][0]["protocol"].startswith("ferplus")


def test_metrics_count(service: Service) -> None:
    def value(line: str) -> float:
        lines = service.client.get("/metrics").text.splitlines()
        return next((float(told.rsplit(" ", 1)[1]) for told in lines if told.startswith(line)), 0.0)

    faces, refused = value("mien_faces_total"), value('mien_rejected_total{reason="picture"}')
    service.client.post("/v1/faces", content=DEMO.read_bytes())
    service.client.post("/v1/faces", content=b"nothing")
    service.client.get("/made/up/by/the/caller")
    assert value("mien_faces_total") == faces + 1
    assert value('mien_rejected_total{reason="picture"}') == refused + 1
    text = service.client.get("/metrics").text
    assert 'mien_request_seconds_bucket{le="0.5",route="/v1/faces"}' in text
    assert "made/up" not in text


@pytest.mark.parametrize(
    ("content", "headers", "status", "text"),
    [
        (b"", {}, 400, "no picture came"),
        (b"no picture", {}, 422, "not a picture"),
        (b"x", {"Content-Length": "999999999"}, 413, "more than the limit"),
        (b"x", {"Content-Type": "multipart/form-data"}, 400, "cannot be taken apart"),
        (b"x", {"Content-Type": "multipart/form-data; boundary=y"}, 400, "cannot be taken apart"),
        (b"--y\r\n\r\n\r\n--y--", {"Content-Type": "multipart/form-data; boundary=y"}, 400, "cannot be taken apart"),
    ],
)
def test_what_cannot_be_read_is_refused(
    service: Service, content: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        told = {"Host": "x", "Content-Length": str(len(content)), "Connection": "close"} | headers
        head = "POST /v1/faces HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items()) + "\r\n"
        connection.sendall(head.encode() + content)
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, body = raw.partition(b"\r\n\r\n")
    assert int(first.split()[1]) == status, raw
    assert text in json.loads(body)["detail"]


def test_a_bomb_of_pixels_and_one_of_parts_are_refused(service: Service) -> None:
    check_problem(service.client.post("/v1/faces", content=png(9000, 9000)), 422, "more than the limit")
    parts = b"".join(b'--y\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n' for _ in range(10_000))
    answer = service.client.post(
        "/v1/faces", content=parts + b"--y--", headers={"Content-Type": "multipart/form-data; boundary=y"}
    )
    check_problem(answer, 400, "cannot be taken apart")


def test_a_body_without_a_stated_length_is_cut_at_the_limit(service: Service) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield bytes(100_000)

    with contextlib.suppress(httpx.WriteError):  # it may hang up while we are still sending
        check_problem(service.client.post("/v1/faces", content=endless()), 413, "more than the limit")


def test_large_parts_stay_in_memory(service: Service) -> None:
    noise = random.Random(0).randbytes(6_000_000)  # noqa: S311
    answer = service.client.post("/v1/faces", files=[("file", ("a", noise)), ("file", ("b", noise))])
    assert [picture["error"][:9] for picture in answer.json()["pictures"]] == ["picture 1", "picture 2"]
    assert list(service.folder.iterdir()) == []


def test_a_thousand_damaged_pictures_do_no_harm(service: Service) -> None:
    rng, demo = random.Random(1), bytearray(DEMO.read_bytes()[:40_000])  # noqa: S311
    for _ in range(300):
        data = bytearray(demo)
        for _ in range(rng.randrange(1, 30)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        answer = service.client.post("/v1/faces", content=bytes(data[: rng.randrange(1, len(data))]))
        assert answer.status_code in (200, 422)
    assert service.client.get("/healthz").text == "alive"


def test_whoever_hangs_up_half_way_is_forgotten(service: Service) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(b"POST /v1/faces HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf")
    answer = service.client.post("/v1/faces", content=DEMO.read_bytes())
    assert answer.status_code == 200


def test_the_description_holds_against_schemathesis(service: Service) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{service.url}/openapi.json",
        "--max-examples",
        "15",
    ]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    environment = os.environ | {"TMPDIR": str(service.folder.parent)}
    done = subprocess.run(
        [*command, "--checks", checks, "--seed", "1"],
        capture_output=True,
        text=True,
        check=False,
        cwd=service.folder.parent,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_frames_are_answered_as_they_come(service: Service) -> None:
    with connect(f"ws://127.0.0.1:{service.port}/v1/stream") as stream:
        stream.send(DEMO.read_bytes())
        told = json.loads(stream.recv(10))
        assert told["frame"] == 0
        assert told["faces"][0]["reading"]["expression"] == "happiness"
        stream.send(b"no picture")
        assert json.loads(stream.recv(10)) == {
            "frame": 1,
            "faces": [],
            "error": "frame 1: not a picture that mien reads (JPEG, PNG, BMP, DIB, TIFF, WEBP, GIF), whatever its name says",
        }


def test_of_a_flood_of_frames_the_newest_wins(service: Service) -> None:
    frame, count = png(640, 480), 1000
    with connect(f"ws://127.0.0.1:{service.port}/v1/stream") as stream:
        for _ in range(count):
            stream.send(frame)
        numbers = []
        while not numbers or numbers[-1] < count - 1:
            numbers.append(json.loads(stream.recv(20))["frame"])
    assert numbers == sorted(set(numbers))
    assert len(numbers) < count / 2


def test_other_pages_and_words_do_not_get_a_socket(service: Service) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{service.port}/v1/stream", origin="https://evil.example"):  # type: ignore[arg-type]
        pass
    with connect(f"ws://127.0.0.1:{service.port}/v1/stream", origin=service.url) as stream:  # type: ignore[arg-type]
        stream.send("words")
        with pytest.raises(ConnectionClosed, match="binary"):
            stream.recv(10)
    assert service.client.get("/healthz").status_code == 200


def test_only_bearers_of_the_token_come_in(tmp_path: Path) -> None:
    service = Service(tmp_path / "inside", MIEN_TOKEN=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = service.client.post("/v1/faces", content=DEMO.read_bytes(), headers=headers)
        check_problem(answer, 401, "Authorization: Bearer TOKEN")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert service.client.get("/metrics", headers=headers).status_code == 401
    assert service.client.get("/readyz").status_code == 200
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert service.client.post("/v1/faces", content=DEMO.read_bytes(), headers=bearer).status_code == 200
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{service.port}/v1/stream"):
        pass
    with connect(f"ws://127.0.0.1:{service.port}/v1/stream", additional_headers=bearer) as stream:
        stream.send(png())
        assert json.loads(stream.recv(10))["faces"] == []
    assert TOKEN not in Path(f"/proc/{service.process.pid}/cmdline").read_text()
    service.stop()


def test_a_named_site_may_call_and_no_other(tmp_path: Path) -> None:
    service = Service(tmp_path / "inside", "--origin", "https://good.example")
    for origin, allowed in (("https://good.example", "https://good.example"), ("https://evil.example", None)):
        answer = service.client.post("/v1/faces", content=png(), headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
    service.stop()


def test_when_all_places_are_taken_the_next_is_told_to_come_again(tmp_path: Path) -> None:
    service = Service(tmp_path / "inside", "--threads", "1", "--waiting", "1")
    statuses: list[tuple[int, str | None]] = []

    def ask() -> None:
        answer = httpx.post(f"{service.url}/v1/faces/annotated", content=DEMO.read_bytes(), timeout=60)
        statuses.append((answer.status_code, answer.headers.get("retry-after")))

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {(200, None), (503, "1")}
    service.stop()


def test_sigterm_lets_finish_what_has_begun(tmp_path: Path) -> None:
    service, data = Service(tmp_path / "inside"), DEMO.read_bytes()
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(f"POST /v1/faces HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[:1000])
        time.sleep(0.3)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(data[1000:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    service.stop()


def test_a_wrong_model_is_told_before_anything_listens() -> None:
    done = subprocess.run([*COMMAND, "--model", "none"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "none: neither a shipped network" in done.stderr
