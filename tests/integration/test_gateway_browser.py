"""The pages in a real browser: by keyboard, on a phone, live, and without a word on its console."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.contract.exporter import Exporter, batch_of
from tests.contract.gateway import CSV, Gateway, began, counted, create, ended
from tests.fakes.relay import relaying

_SECONDS = 20
_FOLLOW = """
document.title = "";
const source = new EventSource(arguments[0]);
source.addEventListener("state", (event) => { document.title += " " + JSON.parse(event.data).status; });
source.addEventListener("end", () => { document.title += " end"; source.close(); });
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("Chromium and its driver are not installed (.ci/run installs them)")
    options = Options()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield started
    finally:
        started.quit()


@pytest.fixture
def phone(browser: webdriver.Chrome) -> webdriver.Chrome:
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    return browser


def keys(browser: webdriver.Chrome, text: str) -> None:
    ActionChains(browser).send_keys(text).perform()


def press(browser: webdriver.Chrome, selector: str) -> None:
    """Found anew where a live part of the page was replaced between finding and pressing."""

    def pressed(page: webdriver.Chrome) -> bool:
        page.find_element(By.CSS_SELECTOR, selector).click()
        return True

    WebDriverWait(browser, _SECONDS, ignored_exceptions=[StaleElementReferenceException]).until(pressed)


def text_of(browser: webdriver.Chrome, selector: str) -> str:
    """Read in the page: what is live may be replaced between finding an element and asking it."""
    script = "return document.querySelector(arguments[0])?.textContent ?? ''"
    return " ".join(str(browser.execute_script(script, selector)).split())


def wait_for(browser: webdriver.Chrome, selector: str, words: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while words not in text_of(browser, selector):
        assert time.monotonic() < deadline, text_of(browser, selector)
        time.sleep(0.05)


async def made(gateway: Gateway, name: str) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=_SECONDS) as client:
        await create(client, batch_name=name, auto_start="false")


def listed(browser: webdriver.Chrome, gateway: Gateway, name: str) -> bool:
    """Opens the list anew: on a busy machine a first answer may be that it is busy."""
    browser.get(gateway.url)
    return name in text_of(browser, ".batches")


def check_fits(browser: webdriver.Chrome) -> None:
    script = "return document.documentElement.scrollWidth <= innerWidth"
    assert browser.execute_script(script), "the page is wider than the phone"


def test_a_batch_is_made_started_and_watched_on_a_phone(
    gateway: Gateway, phone: webdriver.Chrome, tmp_path: Path
) -> None:
    (tmp_path / "shops.csv").write_bytes(CSV)
    phone.get(gateway.url)
    check_fits(phone)
    keys(phone, "n")
    phone.find_element(By.NAME, "file").send_keys(str(tmp_path / "shops.csv"))
    phone.find_element(By.NAME, "batch_name").send_keys("Made by hand")
    phone.find_element(By.NAME, "auto_start").send_keys("later")
    press(phone, ".send button")
    WebDriverWait(phone, _SECONDS).until(lambda page: "/batch/" in page.current_url)
    wait_for(phone, "h1", "Made by hand")
    wait_for(phone, ".state", "pending")
    check_fits(phone)
    press(phone, "#act-start")
    wait_for(phone, ".state", "queued")

    batch_id = UUID(phone.current_url.rpartition("/")[2])
    asyncio.run(began(gateway, batch_id))
    wait_for(phone, ".state", "processing")
    asyncio.run(counted(gateway, batch_id, 1, successful=2, failed=1))
    wait_for(phone, ".big", "3 of 3 rows")
    wait_for(phone, "title", "100 % · Made by hand · Image Analyzer")
    wait_for(phone, ".errors", "HTTP 4xx")
    asyncio.run(ended(gateway, batch_id, "completed"))
    wait_for(phone, ".state", "completed")
    wait_for(phone, ".actions", "Download CSV")
    assert "Pause" not in text_of(phone, ".actions")
    assert phone.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_the_list_is_walked_by_keyboard_and_keeps_its_place(
    gateway: Gateway, phone: webdriver.Chrome
) -> None:
    asyncio.run(made(gateway, "Newest of all"))
    WebDriverWait(phone, _SECONDS).until(lambda page: listed(page, gateway, "Newest of all"))
    keys(phone, "j")
    focused = "return document.activeElement.textContent"
    assert phone.execute_script(focused) == "Newest of all"
    keys(phone, "\n")
    WebDriverWait(phone, _SECONDS).until(lambda page: "/batch/" in page.current_url)
    assert phone.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_what_a_button_is_refused_is_said_until_the_next_one(
    gateway: Gateway, phone: webdriver.Chrome
) -> None:
    asyncio.run(made(gateway, "To be marked"))
    WebDriverWait(phone, _SECONDS).until(lambda page: listed(page, gateway, "To be marked"))
    press(phone, ".pick")
    phone.execute_script("document.querySelector('.pick').value = 'none'")
    phone.execute_script("htmx.ajax('POST', '/bulk', '#said')")
    wait_for(phone, "#problem", "action is one of")
    check_fits(phone)
    press(phone, "#bulk button[value=pause]")
    wait_for(phone, "#said", "Not for 1")
    assert text_of(phone, "#problem") == ""
    assert "400" in phone.get_log("browser")[0]["message"]  # type: ignore[no-untyped-call]


def test_a_file_that_is_none_is_explained_in_the_form(
    gateway: Gateway, phone: webdriver.Chrome, tmp_path: Path
) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG" + bytes(2_000))
    phone.get(gateway.url)
    keys(phone, "n")
    phone.find_element(By.NAME, "file").send_keys(str(tmp_path / "picture.csv"))
    press(phone, ".send button")
    wait_for(phone, "output", "The file is a PNG picture")


def test_the_description_of_the_api_is_shown_without_any_other_host(
    gateway: Gateway, browser: webdriver.Chrome
) -> None:
    browser.get_log("browser")  # type: ignore[no-untyped-call]  # what others left
    browser.get(f"{gateway.url}/docs")
    wait_for(browser, "#operations-batches-create_batch", "Create a batch from a file")
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_a_browser_that_was_cut_off_misses_no_change(gateway: Gateway, browser: webdriver.Chrome) -> None:
    with relaying(httpx.URL(gateway.url).port or 0) as relay:
        with httpx.Client(base_url=gateway.url, timeout=_SECONDS) as client:
            made = client.post("/api/v1/batches", files={"file": ("shops.csv", CSV)}).json()
            path = f"/api/v1/batches/{made['data']['batch_id']}"
            browser.get(f"http://127.0.0.1:{relay.port}/docs")
            browser.execute_script(_FOLLOW, f"{path}/events")
            wait_for(browser, "title", "queued")
            relay.cut()
            for action in ("pause", "resume", "pause"):
                assert client.post(f"{path}/{action}").status_code == 200
            relay.mend()
            wait_for(browser, "title", "queued paused queued paused")
            assert client.post(f"{path}/cancel").status_code == 200
            wait_for(browser, "title", "queued paused queued paused cancelled end")
        browser.get("about:blank")
        browser.get_log("browser")  # type: ignore[no-untyped-call]  # it says that it was cut off


async def with_results(gateway: Gateway) -> UUID:
    async with gateway.client() as client:
        return await batch_of(gateway, client, 3, batch_name="To be exported")


async def export_all(gateway: Gateway) -> None:
    async with asyncpg.create_pool(gateway.database_url, min_size=1, max_size=4) as pool:
        await Exporter(pool, gateway.blobs).make_all()


def test_a_file_is_prepared_in_the_background_and_deleted(gateway: Gateway, phone: webdriver.Chrome) -> None:
    batch = asyncio.run(with_results(gateway))
    phone.get(f"{gateway.url}/batch/{batch}")
    press(phone, "#act-export")
    check_fits(phone)
    press(phone, "details.menu form[action='/exports'] button")
    wait_for(phone, "#exports .state", "queued")
    check_fits(phone)
    asyncio.run(export_all(gateway))
    wait_for(phone, "#exports .state", "completed")
    wait_for(phone, "#exports .counts", "3 rows")
    address = str(phone.find_element(By.CSS_SELECTOR, "#exports a[download]").get_attribute("href"))
    assert httpx.get(address, timeout=_SECONDS).text.count("\n") == 4
    phone.get(f"{gateway.url}/exports")
    wait_for(phone, ".exports .what", "To be exported-results.csv")
    check_fits(phone)
    export_id = address.split("/")[-2]
    press(phone, f"#delete-{export_id}")
    WebDriverWait(phone, _SECONDS).until_not(lambda page: export_id in page.page_source)
    said = phone.get_log("browser")  # type: ignore[no-untyped-call]
    assert [line for line in said if "example.com" not in line["message"]] == [], "but of its pictures"
