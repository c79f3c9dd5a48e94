"""The report of a few hundred labelled texts, opened from its file in Chromium."""

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import labelled
import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

SETTINGS = Path(__file__).parents[3] / "deploy" / "guardrails.yaml"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WIDTHS = (1280, 400)

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None, reason="needs Chromium and its driver: apt-get install chromium chromium-driver"
)

POLICY = """
version: 1
policy: tuned
checks: {prompt_shield: {}, content_safety: {severity_levels: eight}, pii: {categories: [Email, PhoneNumber]}}
rules:
  - {id: prompt-attack, stage: input, check: prompt_shield, action: block}
  - {id: harm, check: content_safety, category: [Hate, Violence], at_least: 2, action: block}
  - {id: hate-only, check: content_safety, category: Hate, at_least: 6, action: flag}
  - {id: mail, check: pii, category: Email, at_least: 0.9, action: redact}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report made by the command as a process, with recorded traffic in it."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "tuned.yaml").write_text(POLICY)
    data = labelled.write(folder / "data.jsonl", labelled.rows())
    report = {"check": "content_safety", "status": "completed", "findings": [{"category": "Violence", "measure": 2}]}
    record = {
        "schema_version": 1,
        "stage": "input",
        "verdict": "block",
        "policy": {"name": "tuned"},
        "checks": [report],
    }
    decisions = labelled.write(folder / "decisions.jsonl", [record] * 20)
    command = [sys.executable, "-m", "guardrails", "policy", "tune", "--config", str(SETTINGS), "--emulator"]
    command += ["--data", str(data), "--policy", str(folder / "tuned.yaml"), "--out", str(folder / "out")]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUARDRAILS_", "AZURE_"))}
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--decisions", str(decisions)], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def browser(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    options = Options()
    options.binary_location = BROWSER or ""
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "headless=new",
        "no-sandbox",  # containers run as root
        "disable-gpu",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        f"user-data-dir={profile}",
        "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER))
    try:
        driver.set_window_size(WIDTHS[0], 900)
        driver.get("about:blank")
        driver.get_log("performance")  # what the browser's own first page asked for
        driver.get((folder / "report.html").as_uri())
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def requested(browser: WebDriver) -> list[str]:
    """What the browser asked for to show the page."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [told["params"]["request"]["url"] for told in messages if told["method"] == "Network.requestWillBeSent"]


@pytest.fixture(params=WIDTHS, ids=("wide", "narrow"))
def viewport(browser: WebDriver, request: pytest.FixtureRequest) -> int:
    # A window cannot be made narrower than its frame allows; the viewport can.
    metrics = {"width": request.param, "height": 900, "deviceScaleFactor": 1, "mobile": request.param < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    return int(request.param)


def all_of(browser: WebDriver, selector: str) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def test_nothing_but_the_file_is_asked_for(requested, folder):
    assert (folder / "report.html").as_uri() in requested
    assert [url for url in requested if not url.startswith(("file://", "data:"))] == []
    assert len([url for url in requested if url.startswith("file://")]) == 1


def test_the_console_says_nothing(browser, requested):
    assert browser.get_log("browser") == []


def test_the_page_has_one_heading_and_an_order_of_headings(browser):
    levels = [int(heading.tag_name[1]) for heading in all_of(browser, "h1, h2, h3, h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    words = [heading.text for heading in all_of(browser, "h2")]
    assert words == ["Overview", "On recorded traffic", "Rule by rule", "How to read this"]


def test_landmarks_language_and_title_are_there(browser):
    assert browser.title == "Thresholds of policy tuned"
    assert all_of(browser, "html")[0].get_attribute("lang") == "en"
    for landmark in ("header", "main", "footer"):
        assert len(all_of(browser, landmark)) == 1
    for region in all_of(browser, "section, article"):
        name = region.get_attribute("aria-labelledby")
        assert browser.find_element(By.ID, name).text


def test_the_overview_says_what_to_do(browser):
    told = {item.text.partition(":")[0]: item.text for item in all_of(browser, "#overview ~ ul li")}
    assert "Too strict" in told["harm"]
    assert "Too lax" in told["hate-only"]
    assert "at_least" in told["harm"]
    assert "Measured on the emulator" in all_of(browser, "main [role=note]")[0].text


def test_every_table_has_a_caption_and_headings_with_a_scope(browser):
    tables = all_of(browser, "table")
    assert len(tables) >= 8
    for table in tables:
        assert table.find_element(By.TAG_NAME, "caption").text
        headings = table.find_elements(By.TAG_NAME, "th")
        assert headings
        assert {heading.get_attribute("scope") for heading in headings} <= {"col", "row"}
        widths = {len(row.find_elements(By.CSS_SELECTOR, "td, th")) for row in table.find_elements(By.TAG_NAME, "tr")}
        assert len(widths) == 1


def test_the_overview_lists_every_rule_with_its_numbers(browser):
    rows = all_of(browser, "table:first-of-type tbody tr")[:4]
    assert [row.find_element(By.TAG_NAME, "th").text for row in rows] == ["prompt-attack", "harm", "hate-only", "mail"]
    assert "0.500" in rows[1].text or "0.667" in rows[1].text


def test_every_plot_is_drawn_named_and_large_enough_to_read(browser, viewport):
    plots = all_of(browser, "figure svg")
    assert len(plots) >= 4
    for plot in plots:
        assert plot.size["width"] >= 600
        assert plot.size["height"] >= 190
        assert plot.get_attribute("role") == "img"
        assert plot.accessible_name.startswith("Three plots of ")
        assert len(plot.find_elements(By.TAG_NAME, "path")) > 10
        assert [text for text in plot.find_elements(By.TAG_NAME, "text") if text.text == "recall"]


def test_the_page_never_scrolls_sideways(browser, viewport):
    widest = browser.execute_script("return document.documentElement.scrollWidth")
    assert widest <= viewport


def test_what_scrolls_can_be_reached_by_keyboard(browser):
    for region in all_of(browser, ".scroll"):
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")
    browser.execute_script("window.scrollTo(0, 0); document.activeElement.blur()")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.text == "Skip to the findings"
    first.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


def test_links_lead_to_places_in_the_page(browser):
    targets = {link.get_attribute("href").partition("#")[2] for link in all_of(browser, "main a")}
    assert targets
    for target in targets:
        assert browser.find_element(By.ID, target).is_displayed()


def test_lines_of_errors_can_be_unfolded_and_hold_no_text(browser):
    details = all_of(browser, "details")
    assert details
    summary = details[0].find_element(By.TAG_NAME, "summary")
    browser.execute_script("arguments[0].scrollIntoView()", summary)
    summary.send_keys(Keys.ENTER)
    assert details[0].get_attribute("open") is not None
    assert details[0].find_element(By.TAG_NAME, "p").text.startswith("data.jsonl: ")
    source = browser.page_source
    for text in ("anna", "contoso.com", "425-555", "Ignore all"):
        assert text not in source


def luminance(colour: tuple[int, ...]) -> float:
    parts = [part / 255 for part in colour[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], two: tuple[int, ...]) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    pairs = browser.execute_script(
        """
        const rgb = text => text.match(/[\\d.]+/g).map(Number);
        const ground = node => { for (; node; node = node.parentElement) {
            const colour = rgb(getComputedStyle(node).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour; } return [255, 255, 255]; };
        return [...document.querySelectorAll('body, p, small, th, td, a, .judgement, figcaption, .notice, footer, svg')]
            .filter(node => node.getClientRects().length && !node.classList.contains('skip'))
            .map(node => [node.tagName, rgb(getComputedStyle(node).color), ground(node)]);
        """
    )
    body = next(ground for tag, _, ground in pairs if tag == "BODY")
    assert (luminance(tuple(body)) > 0.5) is (scheme == "light")
    weak = {(tag, tuple(ink), tuple(ground)) for tag, ink, ground in pairs if contrast(tuple(ink), tuple(ground)) < 4.5}
    assert weak == set()


def test_a_picture_of_the_page_is_not_blank(browser, viewport):
    browser.execute_script("window.scrollTo(0, 0)")
    image = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    assert image.width == viewport
    colours = image.getcolors(image.width * image.height) or []
    most = max(count for count, _ in colours)
    assert len(colours) > 50
    assert most < 0.98 * image.width * image.height


def test_the_page_needs_no_script(browser):
    assert all_of(browser, "script") == []
