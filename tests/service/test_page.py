"""The built page in a real browser: it reads as Python does, live too, alone and offline."""

import base64
import csv
import io
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from tests.conftest import DEMO, REPOSITORY
from tests.service.running import Service

from mien import look
from mien.faces.expressions import EXPRESSIONS
from mien.models.catalog import FACE_DETECTOR
from mien.pictures import Picture
from mien.service.page import FOLDER

CHROMIUM = shutil.which("chromium")
# The page's own, its default first.
NETWORKS = ("mien-tiny", "mien", "seed")
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the page is not built: make web"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]
# Posts a picture to the page's own worker and hands back what it answers.
ASK = """async ([worker, classifier, processor, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const reader = new Worker(worker, { type: "module" });
  const ask = (question) => new Promise((resolve) => {
    reader.onmessage = (event) => resolve(event.data);
    reader.postMessage(question);
  });
  const opened = await ask({ kind: "open", id: 0, classifier, processor, base: document.baseURI });
  const answer = await ask({ kind: "look", id: 1, picture: { data, width, height } });
  reader.terminate();
  return { opened, answer };
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("page") / "inside")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a camera that shows the demo picture moving to and fro."""
    camera = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    demo = np.array(Image.open(DEMO).convert("RGB"))[:480]
    frames = io.BytesIO()
    for k in range(40):
        picture = np.full((480, 640, 3), (60, 90, 120), np.uint8)
        left = 64 + round(50 * math.sin(k / 40 * math.tau))
        picture[:, left : left + 512] = demo
        Image.fromarray(picture).save(frames, "JPEG", quality=90)
    camera.write_bytes(frames.getvalue())
    flags = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    launched = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*flags, f"--use-file-for-fake-video-capture={camera}"]
    )
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def browser_with_gpu(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with a graphics card that is computed in software: slow, but the real WebGPU."""
    flags = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    yield launched
    launched.close()


@contextmanager
def opened_page(browser: Browser, service: Service) -> Iterator[Page]:
    """A new window on the page; whatever it complains of, or asks of another origin, fails the test."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, locale="en-GB")
    opened = context.new_page()
    opened.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    context.on(
        "request",
        lambda asked: complaints.append(asked.url) if not asked.url.startswith((service.url, "blob:", "data:")) else None,
    )
    opened.goto(service.url)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with opened_page(browser, service) as opened:
        yield opened


@pytest.fixture
def page_with_gpu(browser_with_gpu: Browser, service: Service) -> Iterator[Page]:
    with opened_page(browser_with_gpu, service) as opened:
        yield opened


def turned(degrees: float, scale: float) -> Picture:
    demo = np.array(Image.open(DEMO).convert("RGB"))
    matrix = cv2.getRotationMatrix2D((220, 120), degrees, scale)
    return np.asarray(cv2.warpAffine(demo, matrix, (512, 400), borderMode=cv2.BORDER_REFLECT), np.uint8)


def two() -> Picture:
    return np.concatenate([turned(0, 0.8), turned(12, 0.6)[:, ::-1]], axis=1)


PICTURES = {
    "demo": turned(0, 1),
    "turned": turned(18, 0.7),
    "small": turned(-9, 0.45),
    "large": turned(0, 1.7),
    "two": two(),
    "nobody": np.full((37, 53, 3), 99, np.uint8),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_page_reads_as_python_does(page: Page, service: Service, picture: Picture, network: str) -> None:
    check_reading(page, service, picture, network, "cpu")


@pytest.mark.parametrize("picture", [PICTURES["turned"], PICTURES["nobody"]], ids=["turned", "nobody"])
def test_a_graphics_card_reads_as_python_does(page_with_gpu: Page, service: Service, picture: Picture) -> None:
    check_reading(page_with_gpu, service, picture, NETWORKS[0], "gpu")


def check_reading(page: Page, service: Service, picture: Picture, network: str, processor: str) -> None:
    """That the page's worker and Python tell the same of a picture."""
    (worker,) = (FOLDER / "assets").glob("worker-*.js")
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    encoded = base64.b64encode(stream.getvalue()).decode()
    told: dict[str, Any] = page.evaluate(ASK, [f"{service.url}/assets/{worker.name}", network, processor, encoded])
    assert told["opened"]["contract"]["labels"] == list(EXPRESSIONS)
    expected = look(picture, model=network, detector=FACE_DETECTOR)
    faces = told["answer"]["faces"]
    assert len(faces) == len(expected)
    for found, face in zip(faces, expected, strict=True):
        assert face.reading and face.landmarks
        box = [found["box"][name] for name in ("x", "y", "width", "height")]
        np.testing.assert_allclose(box, (face.box.x, face.box.y, face.box.width, face.box.height), atol=1)
        np.testing.assert_allclose(found["landmarks"], face.landmarks, atol=1)
        np.testing.assert_allclose(found["reading"]["distribution"], face.reading.distribution, atol=1e-3)
        assert found["reading"]["expression"] == face.reading.expression
        assert found["reading"]["confidence"] == pytest.approx(face.reading.confidence, abs=2e-3)


def test_the_graphics_card_is_offered_and_used_by_itself_only_if_faster(page_with_gpu: Page) -> None:
    page = page_with_gpu
    chosen = page.get_by_label("Runs on")
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    assert chosen.locator("option:checked").inner_text() == "automatic (processor)"
    with page.expect_event("requestfinished", lambda request: "jspi" in request.url and ".wasm" in request.url, timeout=60_000):
        pass
    page.wait_for_timeout(10_000)  # it is tried now; one that is computed in software is the slower
    assert chosen.locator("option:checked").inner_text() == "automatic (processor)"
    chosen.select_option("gpu")
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").set_input_files(DEMO)
    assert page.locator("article").get_by_test_id("expression").inner_text(timeout=60_000) == "happiness"


def test_without_a_graphics_card_none_is_offered(page: Page) -> None:
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    assert page.get_by_label("Runs on").count() == 0


def test_the_camera_is_read_live_and_its_timeline_saved(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_test_id("expression").first.wait_for(timeout=30_000)
    assert page.get_by_test_id("expression").first.inner_text() == "happiness"
    page.wait_for_timeout(3000)
    assert float(page.get_by_test_id("rate").inner_text()) > 0.5
    page.get_by_role("button", name="Pause").click()
    lit = "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)"
    assert page.get_by_test_id("timeline").evaluate(lit)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as CSV").click()
    saving.value.save_as(tmp_path / "mien.csv")
    with (tmp_path / "mien.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 3
    assert {row["expression"] for row in rows if row["track"] == "1"} <= {"happiness", ""}
    assert [float(row["time"]) for row in rows] == sorted(float(row["time"]) for row in rows)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start the camera").wait_for()


def test_the_service_reads_the_camera_where_one_asks_for_it(page: Page, service: Service) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_test_id("expression").first.wait_for(timeout=30_000)
    assert sockets == []
    assert "Pictures stay on this device" in page.locator("footer").inner_text()
    page.get_by_label("Let the service read").check()
    page.wait_for_timeout(3000)
    assert sockets == [service.url.replace("http", "ws") + "/v1/stream"]
    assert "sent to the service" in page.locator("footer").inner_text()
    assert page.get_by_test_id("expression").first.inner_text() == "happiness"
    assert float(page.get_by_test_id("rate").inner_text()) > 0.5


def test_pictures_are_read_and_what_is_none_is_told(page: Page, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"no picture")
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").set_input_files([DEMO, tmp_path / "no.png"])
    page.get_by_role("alert").filter(has_text="no.png").wait_for()
    assert page.locator("article").get_by_test_id("expression").inner_text() == "happiness"
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save the annotated picture").click()
    saving.value.save_as(tmp_path / "drawn.png")
    drawn, plain = (np.array(Image.open(path).convert("RGB")).astype(int) for path in (tmp_path / "drawn.png", DEMO))
    assert drawn.shape == plain.shape
    assert 0.2 < np.abs(drawn - plain).mean() < 20


def test_a_page_of_text_is_sent_only_after_being_asked_and_read(page: Page, service: Service, tmp_path: Path) -> None:
    image = Image.new("RGB", (900, 260), "white")
    font = ImageFont.load_default(44)
    ImageDraw.Draw(image).multiline_text((40, 40), "Two lines of print\non a small page", fill="black", font=font, spacing=30)
    image.save(tmp_path / "page.png")
    (tmp_path / "no.png").write_bytes(b"no picture")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.get_by_role("tab", name="Text").click()
    page.get_by_text("each page that you choose here is sent there").wait_for()
    assert page.locator("input[type=file]").count() == 0
    page.get_by_role("button", name="Send pages to this service").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "page.png")
    page.get_by_test_id("text").wait_for(timeout=30_000)
    assert page.get_by_test_id("text").inner_text().split() == ["Two", "lines", "of", "print", "on", "a", "small", "page"]
    assert sent == [f"{service.url}/v1/text"]
    assert "Pictures stay on this device" not in page.locator("footer").inner_text()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save the text").click()
    saving.value.save_as(tmp_path / "page.txt")
    assert (tmp_path / "page.txt").read_text(encoding="utf-8") == "Two lines of print\non a small page\n"
    page.locator("input[type=file]").set_input_files(tmp_path / "no.png")
    page.get_by_role("alert").wait_for()


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm ci in web/")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_those_who_cannot_see(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for tab in ("Pictures", "Text", "Models", "Live"):
        page.get_by_role("tab", name=tab).click()
        if tab == "Pictures":
            page.locator("input[type=file]").set_input_files(DEMO)
            page.locator("article").get_by_test_id("expression").wait_for(timeout=30_000)
        if tab == "Live":
            page.get_by_role("button", name="Start the camera").click()
            page.get_by_test_id("expression").first.wait_for(timeout=30_000)
        found = page.evaluate("axe.run().then(({ violations }) => violations)")
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], tab


def test_another_network_is_fetched_when_it_is_chosen(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    assert f"{NETWORKS[1]}.onnx" not in asked
    page.get_by_label("Network").select_option(NETWORKS[1])
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    assert f"{NETWORKS[1]}.onnx" in asked
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").set_input_files(DEMO)
    assert page.locator("article").get_by_test_id("expression").inner_text() == "happiness"


def test_it_works_offline_after_the_first_load(page: Page) -> None:
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # now everything goes through the service worker, which keeps it
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").set_input_files(DEMO)
    page.locator("article").get_by_test_id("expression").wait_for(timeout=30_000)
    page.context.set_offline(False)


def test_models_tell_their_figures_and_the_page_speaks_vietnamese(page: Page) -> None:
    page.get_by_role("tab", name="Models").click()
    page.get_by_role("heading", name="seed", exact=True).wait_for()
    assert "ferplus-8" in page.locator("main").inner_text()
    page.get_by_role("button", name="Tiếng Việt").click()
    page.get_by_text("Ảnh không rời khỏi thiết bị này.").wait_for()
    assert page.evaluate("document.documentElement.lang") == "vi"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_and_a_phone_show_everything(page: Page, tmp_path: Path, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").set_input_files(DEMO)
    page.locator("article").get_by_test_id("expression").wait_for(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=tmp_path / "page.png")
    brightness = np.array(Image.open(tmp_path / "page.png").convert("L"))[:40].mean()
    assert brightness > 200 if theme == "light" else brightness < 60


def test_the_first_load_is_small(page: Page, service: Service) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(service.url) else None)
    page.reload()
    page.get_by_role("button", name="Start the camera").wait_for(timeout=30_000)
    assert sum("wasm" in url or url.endswith(".onnx") for url in asked) >= 3
    with httpx.Client(headers={"Accept-Encoding": "br"}) as client:
        answers = [client.send(client.build_request("GET", url), stream=True) for url in set(asked)]
        sent = sum(len(b"".join(answer.iter_raw())) for answer in answers)
    assert 2_000_000 < sent < 5_500_000


def test_files_outside_the_page_stay_outside(service: Service) -> None:
    for path in ("/../app.py", "/%2e%2e/app.py", "/assets/../../app.py", "/assets"):
        assert service.client.get(path).status_code == 404
    answer = service.client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "content-encoding" not in answer.headers
    assert json.dumps(answer.headers["content-security-policy"]).count("self") > 4
