"""History in a real browser: the timeline, forks and both futures, comparing, sharing, and the list of runs."""

import json
from urllib.parse import urlsplit

import pytest

from .conftest import wait_for

TIMELINE = "Timeline"

#: Whether nothing lies over the middle of an element.
UNCOVERED = """selector => {
    const element = document.querySelector(selector);
    const { left, top, width, height } = element.getBoundingClientRect();
    return height > 0 && element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


@pytest.fixture
def live(server, tab):
    """A page with a run of some hundred updates that stands still."""
    live = tab().open(server.url("/")).moving()
    live.pause()
    live.ask({"cmd": "new", "preset": "digits-small"})
    live.ask({"cmd": "step", "n": 300})
    live.wait("d.step === '300'")
    return live


def handle(live):
    return live.page.get_by_role("slider", name=TIMELINE)


def drag(live, share: float, *, steps: int = 6) -> None:
    """Drag the handle to a share of the axis, whose end is the number below it."""
    room = live.page.locator(".wil-timeline-room").bounding_box()
    spot = live.page.locator(".wil-handle").bounding_box()
    live.page.mouse.move(spot["x"] + 9, spot["y"] + 9)
    live.page.mouse.down()
    live.page.mouse.move(room["x"] + 12 + share * (room["width"] - 24), spot["y"] + 9, steps=steps)
    live.page.mouse.up()


def fingerprint(live) -> str:
    return live.ask({"cmd": "get"})["fingerprint"]


def test_the_handle_winds_every_picture_back_and_play_goes_on_from_there(live):
    end = fingerprint(live)
    drag(live, 0.5)
    live.wait("+d.step < 200 && +d.step > 100")
    back = live.standing()
    assert handle(live).get_attribute("aria-valuenow") == str(back) and live.data("head") == "300"
    live.expect(live.page.locator(".wil-now-name")).to_have_text("looking back")
    live.expect(live.page.locator(".wil-runbar strong").first).to_have_text(str(back))
    handle(live).press("End")
    live.wait("d.step === '300'")
    assert fingerprint(live) == end
    handle(live).press("Home")
    live.wait("d.step === '0'")
    live.button("Play").click()
    live.wait("+d.step > 3")
    live.pause()


def test_keys_move_by_one_ten_and_an_epoch(live):
    for key, step in (("ArrowLeft", 299), ("PageDown", 289), ("PageUp", 299), ("Shift+ArrowLeft", 299 - 144)):
        handle(live).press(key)
        live.wait("d.step === x", str(step))
    live.button("Back one update").click()
    live.wait("d.step === x", str(299 - 145))
    handle(live).press("ArrowRight")
    live.wait("d.step === x", str(299 - 144))


def test_a_bookmark_is_named_kept_and_found_again(live):
    handle(live).press("PageDown")
    live.wait("d.step === '290'")
    live.button("Bookmark").click()
    live.expect(live.button("Bookmark")).to_have_attribute("aria-pressed", "true")
    name = live.page.get_by_label("Bookmark's name")
    name.fill("just before")
    name.press("Enter")
    bookmarks = lambda: live.ask({"cmd": "describe"})["status"]["runs"][0]["bookmarks"]  # noqa: E731
    wait_for(lambda: bookmarks() == [[290, "just before"]], "the bookmark's name to be stored")
    live.page.reload()
    live.wait("d.step === '290'")
    live.expect(live.page.get_by_label("Bookmark's name")).to_have_value("just before")
    handle(live).press("Home")
    live.wait("d.step === '0'")
    handle(live).press("Control+ArrowRight")
    live.wait("d.step === '290'")
    live.button("Bookmark").click()
    live.expect(live.button("Bookmark")).to_have_attribute("aria-pressed", "false")


def test_a_change_before_the_head_forks_and_says_so(live):
    drag(live, 0.3)
    live.wait("+d.step < 150")
    at = live.standing()
    live.page.get_by_label("Learning rate", exact=True).press("ArrowRight")
    origin = live.page.locator(".wil-origin")
    live.expect(origin).to_contain_text(f"began after update {at}")
    assert live.data("head") == str(at)
    live.button("Show both futures").click()
    live.page.locator(".wil-card-futures canvas").wait_for()
    live.button("Show the old one").click()
    live.wait("d.head === '300'")
    live.expect(origin).to_contain_text(f"a new one began after update {at}")
    live.button("Show the new one").click()
    live.wait("d.head === x", str(at))


def test_a_fork_shows_both_futures_from_identical_weights(live):
    drag(live, 0.6)
    at = live.standing()
    live.button("Fork here").click()
    live.page.get_by_label("What is different").select_option("optimizer")
    live.button("Start the fork").click()
    live.page.locator(".wil-card-futures canvas").wait_for()
    both = live.ask({"cmd": "describe"})["status"]
    prints = {run["id"]: live.ask({"cmd": "get", "run": run["id"]}) for run in both["runs"]}
    assert {json.loads(one["json"])["step"] for one in prints.values()} == {at}
    assert list(both["comparison"]["parted"].values()) == [at]
    live.page.get_by_label("Speed").press("End")
    live.button("Play").click()
    live.wait("+d.step > x", at + 60)
    live.pause()
    picture = live.page.locator(".wil-futures-room")
    assert "2 runs" in picture.get_attribute("aria-label") and "momentum" in picture.get_attribute("aria-label")


def test_another_run_begins_with_a_small_axis_and_a_sentence_without_holes(live):
    live.ask({"cmd": "step", "n": 400})
    live.wait("d.step === '700'")
    end = "() => document.querySelector('.wil-timeline').dataset.end"
    number = live.page.locator(".wil-sentence .wil-number").first
    assert live.page.evaluate(end) == "800"
    live.button("Reset").click()
    live.wait("d.step === '0'")
    live.page.wait_for_function(f"() => ({end})() === '300'")
    assert number.inner_text() == "0" and number.bounding_box()["width"] < 30
    live.button("Step").click()
    live.wait("d.step === '1'")
    assert live.page.locator(".wil-sentence").inner_text().startswith("It has seen 10 digits.")


def test_what_opens_below_the_timeline_is_not_behind_the_control_bar(live):
    live.page.set_viewport_size({"width": 1024, "height": 768})
    live.button("Bookmark").click()
    live.page.wait_for_function(UNCOVERED, arg=".wil-naming input")
    live.button("Fork here").click()
    live.page.wait_for_function(UNCOVERED, arg=".wil-fork [type=submit]")


def test_the_tree_of_runs_is_there_under_everything(live):
    live.ask({"cmd": "fork", "step": 100, "changes": {"learning_rate": 0.01}, "beside": False})
    live.page.get_by_text("Everything", exact=True).click()
    names = live.page.locator(".wil-tree-name button")
    live.expect(names).to_have_count(2)
    live.expect(live.page.locator(".wil-tree-name [aria-current]")).to_contain_text("100 updates")
    names.first.click()
    live.wait("d.head === '300'")


def test_comparing_three_rates(server, tab):
    live = tab().open(server.url("/compare")).moving()
    live.pause()
    live.ask({"cmd": "new", "preset": "digits-small"})
    live.button("Three learning rates").click()
    columns = live.page.locator(".wil-table thead th")
    live.expect(columns).to_have_count(3)
    live.ask({"cmd": "step", "n": 40})
    live.wait("d.step === '40'")
    live.expect(live.page.locator(".wil-sentence")).to_contain_text("40")
    live.expect(live.page.locator(".wil-face")).to_have_count(3)
    table = live.page.locator(".wil-table")
    live.expect(table).to_contain_text("0.003")
    live.expect(table).to_contain_text("from the start")
    columns.nth(1).get_by_role("button").first.click()
    live.expect(live.page.locator(".wil-table thead .wil-shown")).to_have_count(1)
    columns.nth(2).get_by_role("button").nth(1).click()
    live.expect(columns).to_have_count(2)


def test_a_link_opens_the_same_run_in_another_place(live, server, tab):
    handle(live).press("PageDown")
    live.wait("d.step === '290'")
    print_ = fingerprint(live)
    live.button("Share").click()
    link = live.page.get_by_label("Link to this run")
    live.page.wait_for_function("document.querySelector('.wil-share-link').value.includes('share=')")
    address = link.input_value()
    other = tab().open(server.url("/?" + urlsplit(address).query))
    other.wait("d.step === '290'")
    other.expect(other.page.locator(".wil-verdict")).to_contain_text("equal bit for bit")
    assert other.token != live.token and fingerprint(other) == print_
    assert "share=" not in other.page.url


def test_a_broken_link_is_refused_with_a_sentence(server, tab):
    live = tab().open(server.url("/?share=nothing-of-ours")).moving()
    live.expect(live.page.get_by_role("alert").first).to_contain_text("cut off or changed")


def test_runs_are_listed_named_and_deleted_and_files_open(live, server, tmp_path):
    live.ask({"cmd": "fork", "step": 200, "changes": {"learning_rate": 0.01}, "beside": False})
    text = live.ask({"cmd": "share"})["text"]
    live.page.goto(server.url(f"/runs?run={live.token}"))
    cards = live.page.locator(".wil-myrun")
    live.expect(cards).to_have_count(3)
    shown = cards.filter(has=live.button("Shown now"))
    live.expect(shown.locator(".wil-myrun-reason")).to_contain_text("Open another run")
    old = cards.filter(has_text="300 updates")
    old.get_by_label("Name of the run").fill("the first one")
    old.get_by_label("Name of the run").press("Enter")
    unused = cards.filter(has=live.page.get_by_role("button", name="Open", exact=True)).last
    unused.get_by_role("button", name="Delete").click()
    unused.get_by_role("button", name="Really delete").click()
    live.expect(cards).to_have_count(2)
    names = {run["name"] for run in live.ask({"cmd": "runs"})["runs"]}
    assert "the first one" in names
    file = tmp_path / "run.json"
    file.write_text(text)
    live.page.locator("input[type=file]").set_input_files(file)
    live.expect(cards).to_have_count(3)
    live.wait("d.step === '200'")
    live.page.get_by_role("button", name="Remove run.json").click()
    live.page.get_by_role("button", name="Remove run.json").wait_for(state="detached")
    other = tmp_path / "other.json"
    other.write_text("{}")
    live.page.locator("input[type=file]").set_input_files(other)
    live.expect(live.page.get_by_text("This is not a shared run")).to_be_visible()


def test_a_run_put_beside_another_one_leads_to_compare(server, tab):
    live = tab(reduced_motion="reduce").open(server.url())
    live.wait("d.step === '0'")
    live.ask({"cmd": "step", "n": 20})
    live.ask({"cmd": "new", "preset": "digits"})
    live.page.goto(server.url(f"/runs?run={live.token}"))
    card = live.page.locator(".wil-myrun", has_text="20 updates")
    card.get_by_role("button", name="Compare").click()
    live.expect(live.page.locator(".wil-myrun-outcome")).to_contain_text("stands beside the shown run now")
    live.expect(card.locator(".wil-myrun-reason")).to_contain_text("see both on Compare")
    token = live.token
    card.get_by_role("link", name="see both on Compare").click()
    live.page.wait_for_url("**/compare?*")
    live.page.wait_for_selector(".wil-page")
    assert live.token == token and len(live.ask({"cmd": "describe"})["status"]["runs"]) == 2
