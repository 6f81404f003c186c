"""Lessons in a learner's hands: guessed by mouse and keyboard, rightly and wrongly; nothing runs before the guess."""

import csv
import re
from urllib.parse import urlsplit

import pytest


def opened(server, tab, lesson, **options):
    """A lesson, ready to be answered."""
    live = tab(**options).open(server.url(f"/lessons?lesson={lesson}"))
    live.page.wait_for_selector(f".wil-lesson[data-lesson='{lesson}'] .wil-lesson-card")
    return live


def revealed(live):
    """Locks the guess and waits for what comes out."""
    live.button("Lock my guess and run").click()
    live.page.wait_for_selector(".wil-lesson-view[data-phase='reveal']", timeout=60_000)


def drawn(live, number, *heights):
    """Draws a curve by mouse through these heights, evenly spaced over the axis."""
    axis = live.page.locator(".wil-axis-pad").nth(number)
    axis.scroll_into_view_if_needed()
    box = axis.bounding_box()
    left, right, top, bottom = 34, 84, 26, 34
    places = [
        (
            box["x"] + left + (box["width"] - left - right) * i / (len(heights) - 1),
            box["y"] + box["height"] - bottom - (box["height"] - top - bottom) * height / 100,
        )
        for i, height in enumerate(heights)
    ]
    live.page.mouse.move(*places[0])
    live.page.mouse.down()
    for place in places[1:]:
        live.page.mouse.move(*place, steps=4)
    live.page.mouse.up()


@pytest.mark.parametrize(
    ("links", "mark", "verdict"),
    [(("0:0:1", "0:1:1"), "right", "off"), (("0:0:0", "1:0:0"), "not this time", "right")],
)
def test_links_are_marked_by_mouse_rightly_and_wrongly(server, tab, links, mark, verdict):
    live = opened(server, tab, "blame")
    lock = live.button("Lock my guess and run")
    live.expect(lock).to_be_disabled()
    live.expect(live.button("Run")).to_be_disabled()
    for link in links:
        live.page.locator(f"[data-link='{link}'] .wil-net-plate").click()
    revealed(live)
    live.expect(live.page.locator(".wil-lesson-links .wil-lesson-mark").first).to_have_text(mark)
    assert "two links into the second unit" in live.page.locator(".wil-lesson-question").inner_text()
    live.page.get_by_label("No link at all").check()
    live.button("Lock and run").click()
    live.expect(live.page.locator(".wil-check-outcome")).to_contain_text("Right.")
    assert live.errors == []


def test_curves_are_sketched_by_mouse_and_compared_with_what_comes(server, tab):
    live = opened(server, tab, "step-size")
    drawn(live, 0, 10, 12, 14, 16)  # nearly right
    live.expect(live.button("Lock my guess and run")).to_be_disabled()
    live.expect(live.page.locator(".wil-lesson-note")).to_contain_text("Still open: 0.1, 3")
    drawn(live, 1, 10, 70, 85, 90)
    drawn(live, 2, 10, 60, 80, 95)  # far off
    revealed(live)
    marks = live.page.locator(".wil-lesson-curve .wil-lesson-mark")
    live.expect(marks.nth(1)).to_contain_text(re.compile("right|close"))
    live.expect(marks.nth(2)).to_contain_text("too high")
    assert int(re.search(r"\d+", marks.nth(2).inner_text())[0]) > 70
    live.expect(live.page.locator(".wil-lesson-why")).to_contain_text("Bigger is not faster")
    # Something to try, then back to where it started.
    live.button("Try 1").click()
    live.expect(live.button("1 is known")).to_be_visible(timeout=60_000)
    live.expect(live.page.locator(".wil-try-line")).to_contain_text("1 is known: drag the handle to a rate above 0.1")
    live.page.get_by_role("button", name="Back to where it started").click()
    live.expect(live.button("Lock my guess and run")).to_be_disabled()
    assert live.errors == []


def test_a_lesson_is_answered_by_keyboard_alone_and_kept(server, tab):
    live = opened(server, tab, "one-update")
    keys = live.page.keyboard
    live.page.get_by_label("change of w1").focus()
    for _ in range(2):
        keys.press("ArrowRight")  # from 0 over 0.01 to 0.1: right
    keys.press("Tab")
    for _ in range(3):
        keys.press("ArrowRight")  # 1: wrong
    keys.press("Tab")
    keys.press("Enter")
    live.page.wait_for_selector(".wil-lesson-view[data-phase='reveal']")
    dials = live.page.locator(".wil-dial")
    live.expect(dials.nth(0)).to_have_attribute("data-verdict", "right")
    live.expect(dials.nth(1)).to_have_attribute("data-verdict", "off")
    live.page.reload()  # what came out is still there
    live.page.wait_for_selector(".wil-lesson-view[data-phase='reveal']")
    live.expect(dials.nth(0)).to_have_attribute("data-verdict", "right")
    live.page.get_by_role("button", name="All lessons").click()
    row = live.page.locator(".wil-record tbody tr").first
    live.expect(row).to_contain_text("One update")
    with live.page.expect_download() as download:
        live.button("Save as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["asked about"], row["it was"], row["mark"]) for row in rows] == [
        ("change of w1", "0.1", "right"),
        ("change of w2", "0", "off"),
    ]


def test_on_a_phone_the_answer_comes_into_sight(server, tab):
    live = opened(server, tab, "one-update", viewport={"width": 390, "height": 844})
    for name in ("change of w1", "change of w2"):
        live.page.get_by_label(name).press("ArrowRight")
    live.button("Lock my guess and run").scroll_into_view_if_needed()
    live.button("Lock my guess and run").click()
    live.page.wait_for_selector(".wil-lesson-view[data-phase='reveal']")
    live.expect(live.page.locator(".wil-lesson-question")).to_be_in_viewport(ratio=1)
    live.expect(live.page.locator(".wil-lesson-neuron svg").first).to_contain_text("said 0.5now 0.56")


def test_a_curve_is_sketched_by_keyboard(server, tab):
    live = opened(server, tab, "step-size", viewport={"width": 390, "height": 844})
    axis = live.page.locator(".wil-axis-pad").first
    axis.focus()
    for _ in range(10):
        axis.press("PageUp")
    axis.press("End")
    assert axis.get_attribute("aria-valuetext") == "100 after 5,000 digits"
    live.expect(live.page.locator(".wil-lesson-curve .wil-lesson-mark").first).to_contain_text("drawn")
    live.page.get_by_role("tab", name="0.1").click()
    live.expect(live.page.locator(".wil-axis-pad").nth(1)).to_be_visible()
    live.button("Clear this one").wait_for(state="hidden")


def test_start_leads_to_the_lesson_after_a_minute(server, tab):
    live = tab()
    live.page.clock.install()
    live.open(server.url()).moving()
    lead = live.page.get_by_role("link", name="Guess first")
    assert not lead.is_visible()
    live.page.clock.fast_forward(61_000)
    token = live.token
    lead.click()
    live.page.wait_for_selector(".wil-lesson[data-lesson='step-size']")
    assert live.token == token and urlsplit(live.page.url).path.endswith("/lessons")
