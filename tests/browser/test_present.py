"""Presenter mode: a click or a picture's number makes it fill the screen, it is seen whole, and something leads out."""

import pytest

SIZES = [(1280, 800), (1440, 900), (1024, 768)]
PICTURES = ".wil-stage > .wil-pictures > .wil-card:visible"

#: Something is drawn in the last fifth of the layers' canvas: all six of them are there.
INK = """() => {
    const canvas = document.querySelector(".wil-flow-layers canvas");
    if (!canvas.width) return false;
    const [width, height] = [Math.ceil(canvas.width / 5), canvas.height];
    return canvas.getContext("2d").getImageData(canvas.width - width, 0, width, height / 3).data.some(Boolean);
}"""


def presenting(server, tab, path="/dots?data=circle", size=(1280, 800), **options):
    live = tab(viewport={"width": size[0], "height": size[1]}, **options).open(server.url(path)).moving()
    live.page.get_by_role("button", name="Present", exact=True).click()
    live.page.locator(".wil-presenting").wait_for()
    return live


def alone(live) -> bool:
    """Whether one picture fills the screen; if so, all of it lies above the line with the keys."""
    if not live.page.locator(".wil-solo").count():
        return False
    assert live.page.locator(PICTURES).count() == 1
    box = live.page.locator(".wil-solo").bounding_box()
    foot = live.page.locator(".wil-present-foot").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= foot["y"]
    assert foot["y"] + foot["height"] <= live.page.viewport_size["height"] + 1
    return True


@pytest.mark.parametrize("size", SIZES)
def test_a_click_anywhere_on_a_picture_fills_the_screen(server, tab, size):
    live = presenting(server, tab, size=size)
    run = live.ask({"cmd": "describe"})["status"]["shown"]
    output = live.page.locator(".wil-output-square")
    small = output.bounding_box()["width"]
    parts = [".wil-output-square", ".wil-net-spot", ".wil-net-spot-input", ".wil-card-progress .wil-panel"]
    for part in parts:
        box = live.page.locator(part).last.bounding_box()
        live.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert alone(live), part
        if part == parts[0]:
            assert output.bounding_box()["width"] > small
        live.page.keyboard.press("Escape")
        assert not alone(live)
    live.page.keyboard.press("2")
    live.expect(live.page.locator(".wil-solo")).to_have_class("wil-card wil-card-progress wil-solo")
    assert live.ask({"cmd": "describe"})["status"]["shown"] == run  # a click on an input built nothing


@pytest.mark.parametrize("path", ["/", "/digits", "/compare", "/tutorials"])
def test_every_number_has_its_picture(server, tab, path):
    live = presenting(server, tab, path, (1024, 768))
    pictures = live.page.locator(PICTURES).count()
    assert pictures > 1
    for number in range(1, pictures + 1):
        live.page.keyboard.press(str(number))
        assert alone(live)


def test_end_leads_out_on_a_phone(server, tab):
    live = presenting(server, tab, "/", (390, 844), has_touch=True, is_mobile=True)
    live.page.get_by_role("button", name="End presenter mode").tap()
    live.button("Pause").wait_for()
    assert live.page.locator(".wil-presenting").count() == 0


def test_the_page_stands_where_it_stood(server, tab):
    live = tab(viewport={"width": 1024, "height": 768}).open(server.url("/dots")).moving()
    top = "() => document.querySelector('.wil-sentence').getBoundingClientRect().top"
    live.page.evaluate("() => (document.querySelector('[data-testid=stMain]').scrollTop = 70)")
    before = live.page.evaluate(top)
    live.page.keyboard.press("p")
    live.page.keyboard.press("1")
    live.page.keyboard.press("Escape")
    live.page.keyboard.press("Escape")
    assert live.page.locator(".wil-presenting").count() == 0
    assert live.page.evaluate(top) == before


@pytest.mark.parametrize("size", [(1024, 768), (1440, 900)])
def test_many_layers_have_room(server, tab, size):
    live = presenting(server, tab, "/", size)
    live.ask({"cmd": "new", "preset": "six-sigmoid-layers"})
    live.page.wait_for_function(INK)
    assert live.errors == []
