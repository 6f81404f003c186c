"""One update, every number: a weight of each layer walked through all stages, the missing number, the check."""

from nn_core import PRESETS, Run
from nn_core.explain import Chosen, Row, digits, factors

UPDATE = "/update"
READY = "[data-testid=update][data-update]"


def opened(server, tab, query="", **options):
    live = tab(reduced_motion="reduce", **options).open(server.url(UPDATE + query))
    live.page.wait_for_selector(READY)
    return live


def place(live):
    """Which update, parameter and part the page shows, as {name: text}."""
    return live.page.locator(READY).evaluate("element => ({...element.dataset})")


def wait_for_place(live, **wanted):
    selector = "[data-testid=update]" + "".join(f"[data-{name}='{value}']" for name, value in wanted.items())
    live.page.wait_for_selector(selector)


def shown(value, digits=3):
    """A number as the page writes it, where it needs no power of ten."""
    text = f"{float(f'{value:.{digits - 1}e}'):.12f}"
    whole, _, places = text.partition(".")
    power = int(f"{value:.{digits - 1}e}".split("e")[1])
    keep = max(0, digits - 1 - power)
    return (f"{whole}.{places[:keep]}" if keep else whole).replace("-", "−")


def tiles(live):
    return live.page.get_by_test_id("stage").locator(".wilu-tile")


def choose_layer(live, layer):
    if place(live)["layer"] == str(layer):
        return
    menu = live.page.locator("details.wilu-menu", has_text="Weight:").or_(
        live.page.locator("details.wilu-menu", has_text="Bias:")
    )
    menu.locator("summary").click()
    menu.get_by_label("Layer", exact=True).select_option(str(layer))
    wait_for_place(live, layer=layer)
    live.page.keyboard.press("Escape")


def test_a_weight_of_each_layer_through_all_stages(server, tab):
    live = opened(server, tab)
    live.ask({"cmd": "step", "n": 40})
    live.wait("+d.step >= 40")
    live.page.locator("details.wilu-menu", has_text="This digit").locator("summary").click()
    live.button("Take the newest").click()
    wait_for_place(live, update=39)
    live.page.keyboard.press("Escape")
    row = Row(Run("digits").step_at(39))
    for layer in (1, 0, 2):
        choose_layer(live, layer)
        walk(live, row)
    live.button("◂ Back").click()
    wait_for_place(live, stage="update", part=0)


def walk(live, row):
    """From the first part to the last, each with the Trainer's numbers."""
    here = place(live)
    chosen = Chosen(int(here["layer"]), "W", int(here["i"]), int(here["j"]))
    chain, stage = factors(row, chosen), live.page.get_by_test_id("stage")
    expected = [("forward", 0), ("forward", 1), ("forward", 2), ("loss", 0)]
    expected += [("backward", part) for part in range(len(chain) + 1)] + [("update", 0), ("update", 1)]
    live.page.locator(".wilu-part").first.click()
    for name, part in expected:
        if (name, part) != expected[0]:
            live.button("Next ▸").click()
        wait_for_place(live, stage=name, part=part)
        text = stage.inner_text()
        if name == "forward":
            assert f"1 of 1 × {row.layers[part].fan_out}" in text
        elif name == "loss":
            assert shown(row.row_loss, 4) in text
        elif name == "backward":
            assert shown(row.gradient(chosen)) in tiles(live).last.inner_text()
            if part < len(chain):
                value = tiles(live).nth(part).locator(".wilu-big").inner_text()
                if "×" not in value:
                    assert value == shown(chain[part].value, digits(chain, row.share(chosen)))
                badges = live.page.locator(".wilu-line.wilu-lit .wilu-badge").all_inner_texts()
                assert any(str(part + 1) in badge for badge in badges)
    assert live.button("Next ▸").is_disabled()


def test_number_symbol_and_code_light_up_together(server, tab):
    live = opened(server, tab)
    tiles(live).nth(1).hover()
    lit = live.page.locator(".wilu-lit[data-link~=slope]")
    live.expect(live.page.locator(".wilu-tile.wilu-lit")).to_have_attribute("data-link", "slope")
    live.expect(live.page.locator(".wilu-line.wilu-lit").first).to_contain_text("term.activation_derivative(")
    live.expect(live.page.locator(".wilu-at-once-part.wilu-lit")).to_contain_text("64")
    assert lit.count() >= 3
    live.page.locator(".wilu-line", has_text="dW = term.dW(").hover()
    live.expect(live.page.locator(".wilu-tile.wilu-lit")).to_have_attribute("data-link", "product")
    note = live.page.locator(".wilu-note.wilu-lit")
    live.expect(note.first).to_contain_text("dW[")


def test_the_update_stays_while_the_run_goes_on(server, tab):
    live = opened(server, tab)
    before = place(live)
    text = live.page.get_by_test_id("stage").inner_text()
    live.button("Play").click()
    live.moving().moving()
    assert place(live) | {"check": ""} == before | {"check": ""}
    assert live.page.get_by_test_id("stage").inner_text() == text
    live.pause()
    live.page.reload()
    live.page.wait_for_selector(READY)
    after = place(live)
    assert {name: after[name] for name in ("update", "layer", "i", "j")} == {
        name: before[name] for name in ("update", "layer", "i", "j")
    }


def test_the_page_follows_step_and_the_timeline(server, tab):
    live = opened(server, tab)
    which = live.page.locator(".wilu-which")
    live.expect(which).to_contain_text("0 → 1")
    live.ask({"cmd": "step", "n": 40})
    wait_for_place(live, update=39)
    live.button("Step").click()
    wait_for_place(live, update=40)
    live.expect(which).to_contain_text("40 → 41")
    live.page.locator("details.wilu-menu", has_text="This digit").locator("summary").click()
    live.button("‹ Update before").click()  # one chosen by hand gives way to the next step, too
    wait_for_place(live, update=39)
    live.page.keyboard.press("Escape")
    live.button("Step").click()
    wait_for_place(live, update=41)
    live.ask({"cmd": "goto", "step": 12})
    wait_for_place(live, update=11)
    live.ask({"cmd": "goto", "step": 0})
    wait_for_place(live, update=0)


def test_a_menu_opens_where_all_of_it_is_seen(server, tab):
    live = opened(server, tab)
    menu = live.page.locator("details.wilu-menu", has_text="Weight:")
    menu.evaluate(
        "menu => { const scroller = document.querySelector('[data-testid=stMain]');"
        " scroller.scrollBy(0, 1e6); scroller.scrollBy(0, menu.getBoundingClientRect().top - 380); }"
    )
    menu.locator("summary").click()
    body = menu.locator(".wilu-menu-body").bounding_box()
    assert body["y"] > 60 and body["y"] + body["height"] <= live.page.viewport_size["height"]


def test_a_missing_number_is_filled_in(server, tab):
    live = opened(server, tab)
    live.page.reload()  # the second visit
    live.page.wait_for_selector(READY)
    here = place(live)
    answer = factors(Row(Run("digits").step_at(0)), Chosen(1, "W", int(here["i"]), int(here["j"])))[0].value
    field = live.page.get_by_label("The missing number")
    verdict = live.page.locator(".wilu-verdict")
    assert shown(answer) not in tiles(live).first.inner_text()
    for wrong, sentence in (("abc", "Type a number"), (str(-answer), "the sign is not"), (str(7 * answer), "Not yet")):
        field.fill(wrong)
        live.button("Check").click()
        live.expect(verdict).to_contain_text(sentence)
        live.expect(field).to_have_attribute("aria-invalid", "true")
    live.button("Hint").click()
    live.expect(verdict).to_contain_text("Add them up")
    field.fill(f"{answer:.3g}".replace(".", ","))
    field.press("Enter")
    live.expect(field).to_have_count(0)
    live.expect(tiles(live).first).to_contain_text("✓")


def test_a_teachers_link_keeps_the_answers(server, tab):
    live = opened(server, tab, "?update=0&weight=1.5.6&answers=withheld")
    assert (place(live)["i"], place(live)["j"]) == ("5", "6")
    live.page.get_by_label("The missing number").wait_for()
    assert live.button("Show").count() == 0
    live.expect(tiles(live).last).to_contain_text("?")
    live.expect(live.page.get_by_test_id("check")).to_contain_text("?")
    assert live.page.get_by_text("Copy a link without answers").count() == 0


def test_a_link_shows_the_same_number_to_others(server, tab):
    live = opened(server, tab)
    live.ask({"cmd": "step", "n": 30})
    live.wait("+d.step >= 30")
    live.page.locator("details.wilu-menu", has_text="This digit").locator("summary").click()
    live.page.get_by_label("Number of the update").fill("21")
    live.page.get_by_label("Number of the update").press("Enter")
    wait_for_place(live, update=21)
    choose_layer(live, 2)
    here = place(live)
    live.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.page.locator("details.wilu-menu", has_text="Weight:").locator("summary").click()
    live.button("Copy a link without answers").click()
    live.page.get_by_text("Copied").wait_for()
    link = live.page.evaluate("navigator.clipboard.readText()")
    other = tab().open(link)
    wait_for_place(other, update=21, layer=2, i=here["i"], j=here["j"])
    assert other.token != live.token
    other.page.get_by_label("The missing number").wait_for()
    other.expect(tiles(other).last).to_contain_text("?")


def bundled(preset):
    """A tutorial's preset on the bundled digits."""
    fields = PRESETS[preset].to_dict() | {"dataset": "digits", "dataset_args": {}}
    return {"cmd": "new", "config": fields}


def test_the_check_turns_red_and_green(server, tab):
    live = opened(server, tab)
    check = live.page.get_by_test_id("check")
    for preset, colour in (
        ("hansen-as-published", "wrong"),
        ("hansen-corrected", "right"),
        ("zhang-as-published", "wrong"),
        ("zhang-corrected", "right"),
    ):
        assert live.ask(bundled(preset))["ok"]
        layers = len(PRESETS[preset].sizes) - 1
        live.page.wait_for_function(
            "layers => document.querySelectorAll('.wilu-part-group[data-stage=forward] .wilu-part').length === layers",
            arg=layers,
        )
        live.expect(check).to_have_attribute("data-all", colour)
        live.expect(check).to_have_attribute("data-one", colour)
        live.expect(check).to_contain_text("disagree" if colour == "wrong" else "numbers agree")
        bug = live.page.locator(".wilu-bug")
        assert bug.is_visible() == bool(PRESETS[preset].bug)


def test_by_keyboard_in_slow_motion_in_columns_and_on_the_map(server, tab):
    live = opened(server, tab)
    live.page.locator(".wilu-stage-head").nth(2).focus()
    live.page.keyboard.press("ArrowRight")
    wait_for_place(live, stage="backward", part=1)
    live.page.keyboard.press("ArrowLeft")
    wait_for_place(live, stage="backward", part=0)
    live.button("▸ Slow motion").click()
    wait_for_place(live, stage="backward", part=1)
    live.button("❚❚ Hold").click()
    live.button("▸ Slow motion").wait_for()
    shape = live.page.locator(".wilu-at-once-part .wilu-shape").first
    live.expect(shape).to_have_text("128 × 64")
    live.button("columns").click()
    live.expect(shape).to_have_text("64 × 128")
    network = live.page.get_by_role("application")
    network.focus()
    live.page.keyboard.press("ArrowRight")
    wait_for_place(live, layer=2)
    live.page.keyboard.press("ArrowLeft")
    wait_for_place(live, layer=1)
    unit = int(place(live)["j"])
    live.page.keyboard.press("ArrowDown")
    wait_for_place(live, layer=1, j=(unit + 1) % 64)
    box = network.bounding_box()
    network.click(position={"x": 20, "y": (26 + box["height"] - 26) / 2})  # a pixel of the picture
    wait_for_place(live, layer=0)
