"""What every learner needs: motion only where wanted, a phone's bar, names for what is operated, steady cards."""

import pytest

CARDS = "() => [...document.querySelectorAll('.wil-card')].map((card) => card.getBoundingClientRect().toJSON())"


def test_reduced_motion_opens_paused(server, tab):
    live = tab(reduced_motion="reduce").open(server.url())
    live.button("Play").wait_for()
    live.wait("d.step === '0'")
    assert live.standing() == 0
    live.button("Step").click()
    live.wait("d.step === '1'")


def test_a_phone_has_a_bar_at_its_lower_edge_and_a_sheet(server, tab):
    live = tab(viewport={"width": 390, "height": 844}, has_touch=True).open(server.url()).moving()
    bar = live.page.get_by_role("region", name="Controls").bounding_box()
    assert bar["y"] + bar["height"] == pytest.approx(844, abs=1)
    for name in ("Pause", "Step"):
        assert live.button(name).is_visible()
    assert live.page.get_by_label("Speed", exact=True).is_visible()
    assert not live.button("Reset").is_visible()
    assert not live.page.locator(".wil-flow-layers").is_visible()
    live.button("More controls").click()
    assert live.button("Reset").is_visible()
    assert live.page.get_by_label("Learning rate", exact=True).is_visible()
    live.page.keyboard.press("Escape")
    assert not live.button("Reset").is_visible()
    assert live.page.evaluate("() => document.documentElement.scrollWidth") == 390


def test_an_explanation_stays_inside_the_window(server, tab):
    live = tab(viewport={"width": 390, "height": 844}, reduced_motion="reduce").open(server.url())
    words = live.page.locator(".wil-advice .wil-word")
    words.first.wait_for()
    for word in words.all():
        word.focus()
        box = word.locator(".wil-tip").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_everything_can_be_operated_by_keyboard_and_has_a_name(server, tab):
    live = tab().open(server.url()).moving()
    for name in ("Speed", "Learning rate", "Preset"):
        assert live.page.get_by_label(name, exact=True).count() == 1
    live.page.get_by_role("button", name="More choices").click()
    for name in ("Batch size", "Dataset"):
        live.page.get_by_label(name, exact=True).wait_for()
    live.button("Pause").focus()
    live.page.keyboard.press("Enter")
    live.button("Play").wait_for()
    live.page.get_by_role("status").filter(has_text="Paused after").wait_for(state="attached")
    live.page.keyboard.press("Tab")
    assert live.page.evaluate("() => document.activeElement.textContent") == "Step"
    nameless = live.page.evaluate(
        "() => [...document.querySelectorAll('.wil-page :is(button, input, select)')].filter((one) =>"
        " !(one.ariaLabel || one.textContent.trim() || one.closest('label'))).map((one) => one.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("path", ["/", "/digits"])
def test_cards_keep_their_places_while_it_learns(server, tab, path):
    live = tab().open(server.url(path)).moving()
    live.page.get_by_label("Speed", exact=True).press("End")
    live.wait("+d.step > 500")
    before = live.page.evaluate(CARDS)
    live.wait("+d.step > 20000")
    assert live.page.evaluate(CARDS) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_large_enough_and_in_the_theme(server, tab, scheme):
    live = tab(color_scheme=scheme).open(server.url("/digits?depth=Everything")).moving()
    live.page.locator(".wil-plot .main-svg").first.wait_for()
    small = live.page.evaluate(
        "() => [...document.querySelectorAll('.wil-page *')].filter((one) => [...one.childNodes].some((node) =>"
        " node.nodeType === 3 && node.data.trim()) && one.checkVisibility()"
        " && parseFloat(getComputedStyle(one).fontSize) < 12).map((one) => one.outerHTML.slice(0, 200))"
    )
    assert small == []
    card = live.page.locator(".wil-card").first.evaluate("(card) => getComputedStyle(card).backgroundColor")
    assert card == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 30, 36)"}[scheme]


def test_a_zoom_stays_while_new_points_come_in(server, tab):
    live = tab().open(server.url("/digits")).moving()
    live.page.get_by_label("Speed", exact=True).press("End")
    live.wait("+d.step > 500")
    plot = live.page.locator(".wil-plot").first
    box = plot.bounding_box()
    live.page.mouse.move(box["x"] + 120, box["y"] + 60)
    live.page.mouse.down()
    live.page.mouse.move(box["x"] + 300, box["y"] + 140, steps=5)
    live.page.mouse.up()
    whole = live.page.get_by_role("button", name="Whole curve").first
    whole.wait_for()
    ranges = "(plot) => JSON.stringify([plot.layout.xaxis.range, plot.layout.yaxis.range])"
    zoomed = plot.evaluate(ranges)
    live.wait("+d.step > x", live.step + 5000)
    assert plot.evaluate(ranges) == zoomed
    whole.click()
    whole.wait_for(state="hidden")
    assert plot.evaluate(ranges) != zoomed
    live.page.get_by_label("Log scale").check()
    assert plot.evaluate("(plot) => plot.layout.yaxis.type") == "log"
