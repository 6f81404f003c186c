"""Inside the layers, in a learner's hands: drawing while it learns, a unit that stays pinned, where the error fades."""

import re
from urllib.parse import quote

from nn_core import PROBES, Run
from nn_core.probes import View


def inside(server, live, tab="Flow", depth="Watch"):
    """Open a tab of the page in the same workbench, if there is one already."""
    known = f"&run={live.token}" if live.page.url.startswith("http") else ""
    live.open(server.url(f"/layers?tab={quote(tab)}&depth={depth}{known}"))
    live.wait("d.step !== ''")
    return live


def sentence(live):
    return live.page.locator(".wil-sentence")


def numbers(live, column):
    """A column of the table of numbers, one text a layer."""
    names = live.page.locator(".wil-numbers-table thead th").all_inner_texts()
    place = names.index(column) + 1
    return live.page.locator(f".wil-numbers-table tbody tr > :nth-child({place})").all_inner_texts()


def stroke(page, *points):
    frame = page.locator(".wil-pad").bounding_box()
    places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_a_drawn_seven_is_answered_and_the_answer_changes_while_it_learns(server, tab):
    live = inside(server, tab(), "One image")
    live.button("Draw your own").click()
    stroke(live.page, (0.2, 0.2), (0.8, 0.2), (0.4, 0.85))
    live.expect(sentence(live)).to_contain_text("It takes your drawing for a")
    live.expect(live.page.locator(".wil-digit .wil-caption")).to_contain_text("your drawing")
    early, step = live.page.locator(".wil-bar-value").all_inner_texts(), live.step
    live.ask({"cmd": "speed", "value": "full"})
    live.wait("+d.step > x", step + 2000)
    live.expect(sentence(live)).to_contain_text("for a 7")
    assert live.page.locator(".wil-bar-value").all_inner_texts() != early
    live.button("Next digit ›").click()  # another choice puts the drawing away
    live.expect(live.page.locator(".wil-pad")).to_be_hidden()
    live.expect(sentence(live)).to_contain_text("It takes this")


def test_an_empty_surface_shows_nothing_of_another_digit(server, tab):
    live = inside(server, tab(), "One image")
    values = live.page.locator(".wil-bar-value")
    caption = live.page.locator(".wil-digit .wil-caption")
    live.expect(caption).to_contain_text("it is a")
    for _ in ("opened", "cleared"):
        if live.page.locator(".wil-pad").is_hidden():
            live.button("Draw your own").click()
        else:
            live.button("Clear").click()
        live.expect(caption).to_contain_text("draw a digit")
        live.expect(sentence(live)).to_contain_text("Draw a digit")
        assert set(values.all_inner_texts()) == {""} and live.page.locator(".wil-truth").count() == 0
        stroke(live.page, (0.5, 0.1), (0.5, 0.9))
        live.expect(caption).to_contain_text("your drawing")
        live.expect(values.first).to_contain_text("%")
    live.button("Clear").click()
    live.expect(caption).to_contain_text("draw a digit")
    live.button("Next digit ›").click()  # even where nothing was drawn
    live.expect(live.page.locator(".wil-pad")).to_be_hidden()
    live.expect(caption).to_contain_text("it is a")


def test_a_finger_draws_too_and_the_page_stays_where_it_is(server, tab):
    live = tab(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    inside(server, live, "One image")
    live.button("Draw your own").click()
    pad = live.page.locator(".wil-pad")
    pad.evaluate("element => element.scrollIntoView({block: 'center'})")
    before = live.page.evaluate("scrollY")
    frame = pad.bounding_box()
    finger = live.page.context.new_cdp_session(live.page)

    def touch(kind, *point):
        points = [{"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"]} for x, y in point]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (0.5, 0.1))
    for k in range(2, 10):
        touch("touchMove", (0.5, k / 10))
    touch("touchEnd")
    live.expect(sentence(live)).to_contain_text("It takes your drawing for a")
    assert live.page.evaluate("scrollY") == before


def test_keys_draw_as_well(server, tab):
    live = inside(server, tab(), "One image")
    live.button("Draw your own").press("Enter")
    live.page.keyboard.press("Space")
    for _ in range(6):
        live.page.keyboard.press("ArrowDown")
    live.expect(sentence(live)).to_contain_text("It takes your drawing for a")


def test_a_pinned_unit_is_found_again_on_other_pages(server, tab):
    live = tab().open(server.url()).moving()
    layers = live.page.locator(".wil-flow-layers")
    frame = layers.bounding_box()
    for share in (0.2, 0.25, 0.3, 0.35, 0.4):
        if not layers.get_attribute("data-pinned"):
            layers.click(position={"x": share * frame["width"], "y": 0.5 * frame["height"]})
            live.page.wait_for_timeout(300)
    layer, unit = map(int, layers.get_attribute("data-pinned").split(","))
    inside(server, live, "One neuron")
    name = f"Unit {unit + 1} of {'the first layer' if layer == 0 else f'layer {layer + 1}'}"
    live.expect(sentence(live)).to_contain_text(name)
    live.button("Next unit").click()
    live.expect(live.page.locator(".wil-neuron-name")).to_contain_text(f"unit {unit + 2} of")
    live.open(server.url(f"/digits?run={live.token}")).moving()
    live.expect(live.page.locator(".wil-flow-layers")).to_have_attribute("data-pinned", f"{layer},{unit + 1}")


def test_six_sigmoid_layers_lose_the_error_by_orders_of_magnitude_and_relu_does_not(server, tab):
    live = inside(server, tab(), depth="Explain")
    felt = {}
    for preset in ("six-sigmoid-layers", "six-relu-layers"):
        live.ask({"cmd": "new", "preset": preset})
        live.ask({"cmd": "speed", "value": "300"})
        live.wait("+d.step < 250")
        live.ask({"cmd": "play"})
        live.wait("+d.step > 300")
        step = live.pause()
        live.wait("+d.step === x", step)
        run = Run(preset)
        run.advance(steps=step)
        shown = PROBES["layers"](View(run))
        expected = [f"{value:.3g}" for value in shown["felt"][:, 1]]
        live.page.wait_for_function(
            "wanted => Math.abs(Number(document.querySelector('.wil-numbers-table tbody tr td:nth-child(7)')"
            ".textContent.replace('−', '-')) / wanted - 1) < 0.006",
            arg=float(expected[0]),
        )
        felt[preset] = [float(text.replace("−", "-")) for text in numbers(live, "|dL/dz|")]
        for found, wanted in zip(felt[preset], shown["felt"][:, 1], strict=True):
            assert abs(found / wanted - 1) < 0.006
        for found, wanted in zip(numbers(live, "change ÷ weights"), shown["ratio"][:, 1], strict=True):
            assert abs(int(re.sub(r"\D", "", found.removeprefix("1 in"))) * wanted - 1) < 0.06
    sigmoid, relu = felt.values()
    assert sigmoid[-1] / sigmoid[0] > 1000
    assert relu[-1] / relu[0] < 10
    live.expect(sentence(live)).to_contain_text("Every layer feels the error")


def test_every_tab_shows_its_pictures_and_tells_what_they_are(server, tab):
    live = inside(server, tab())
    for name, cards in (("Flow", 1), ("One neuron", 4), ("One image", 1), ("Where the classes go", 1)):
        inside(server, live, name).moving()
        live.expect(live.page.locator(".wil-pictures > .wil-card:visible")).to_have_count(cards)
        live.expect(live.page.locator(".wil-advice")).to_contain_text("What you see")
        live.expect(live.page.locator(".wil-advice")).to_contain_text("Try")
        live.page.locator(".wil-pictures [role=img][aria-label*=' ']").first.wait_for()
    live.button("Hold the axes").click()
    live.expect(live.button("Let the axes turn")).to_be_visible()
    live.expect(live.page.locator(".wil-measured")).to_contain_text("axes of step")
