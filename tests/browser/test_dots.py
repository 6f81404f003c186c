"""Dots on a plane in a learner's hands: the network is taken apart, built differently, painted for, and shared."""

import json
import re

from nn_core.gallery import GALLERY
from nn_core.run import Run

START = "/dots?data=circle"

#: What the page shows of each experiment at its end: how many seeds solve it, or how many of 100 new dots are right.
SHOWN = {
    "xor-line": lambda solved: solved == 0,
    "xor-two": lambda solved: solved == 0,
    "xor-four": lambda solved: 3 <= solved <= 11,
    "xor-eight": lambda solved: solved >= 11,
    "spiral-plain": lambda right: right < 80,
    "spiral-inputs": lambda right: right >= 95,
    "all-zero": lambda right: right == 50,
    "all-equal": lambda right: right < 95,
    "rate-ten": lambda right: right < 80,
    "dying-relu": lambda right: right == 50,
    "overfitting": lambda right: right < 90,
    "overfitting-l2": lambda right: right >= 90,
}

#: What a teacher's link may leave out, and where it is on the page.
LEFT_OUT = {
    "step": "[data-control=step]",
    "reset": "[data-control=reset]",
    "speed": "[data-control=speed]",
    "rate": "[data-control=rate]",
    "preset": "[data-control=preset]",
    "more": "[data-control=more]",
    "timeline": ".wil-timeline",
    "layers": ".wil-stepper-sign",
    "inputs": ".wil-net-spot-input.wil-net-off",
    "links": "[data-mode=gradients]",
    "new": ".wil-output-tools",
    "slow": "[data-control=slow]",
    "paint": "[data-control=paint]",
    "neuron": ".wil-card-neuron",
    "curves": ".wil-card-progress",
    "seeds": ".wil-card-seeds",
    "gallery": ".wil-card-experiments",
}


def opened(server, tab, path=START, **options):
    return tab(**options).open(server.url(path)).moving()


def shown(live) -> dict:
    status = live.ask({"cmd": "describe"})["status"]
    return next(run for run in status["runs"] if run["id"] == status["shown"])


def at_rest(live) -> int:
    """Pause, whether it learns or not."""
    live.ask({"cmd": "pause"})
    live.button("Play").wait_for()
    return live.standing()


def sentence(live) -> tuple[int, int]:
    """How many of how many new dots the page says are right."""
    words = live.page.locator(".wil-sentence").inner_text()
    right, dots = re.search(
        r"It puts ([\d,]+) of (\d+) new dots on the right side\. Guessing gets \d+\.", words
    ).groups()
    return int(right), int(dots)


def test_the_picture_and_its_handles(server, tab):
    live = opened(server, tab, "/dots")
    first = shown(live)["id"]
    at_rest(live)
    right, dots = sentence(live)
    assert dots == 250
    assert f"wrong ({dots - right})" in live.page.locator(".wil-dots-key").inner_text()
    curves = live.page.get_by_label(
        re.compile(f"^{right} of {dots} new dots right, guessing gets 125. Loss on new dots")
    )
    curves.wait_for()
    live.page.get_by_role("button", name="Add a neuron in layer 2").click()
    live.page.get_by_role("button", name="Layer 2, neuron 3", exact=True).wait_for()
    live.page.get_by_role("button", name="Add a hidden layer").click()
    live.page.get_by_role("button", name="Layer 3, neuron 1", exact=True).wait_for()
    live.page.get_by_role("button", name=re.compile("Input sin x₁: off")).click()
    live.page.get_by_role("button", name=re.compile("Input sin x₁: on")).wait_for()
    run = shown(live)
    assert run["sizes"] == [3, 4, 3, 3, 1] and run["id"] != first
    assert any(one["id"] == first for one in live.ask({"cmd": "runs"})["runs"])
    live.page.get_by_role("button", name="More choices").click()
    live.page.get_by_label("Stop", exact=True).select_option("step")
    limit = live.page.get_by_label("Stop at")
    limit.fill("400")
    limit.press("Enter")
    live.ask({"cmd": "speed", "value": "full"})
    live.button("Play").click()
    live.wait("+d.step === 400")
    live.page.get_by_role("alert").get_by_text("It stopped after 400 updates").wait_for()


def test_a_weight_is_edited_and_a_neuron_switched_off_while_it_learns(server, tab):
    live = opened(server, tab)
    live.page.get_by_role("button", name="Layer 1, neuron 2", exact=True).click()
    weight = live.page.get_by_label("Weight from x₁")
    weight.fill("3.5")
    weight.press("Enter")
    live.button("Switch off").click()
    live.button("Switch on").wait_for()
    live.moving()
    at_rest(live)
    answer = live.ask({"cmd": "get"})
    again = Run.from_json(answer["json"])
    assert [event.kind for event in again.events] == ["parameter", "unit"]
    assert again.events[0].values == {"layer": 0, "array": "W", "index": [0, 1], "value": 3.5}
    assert again.events[1].values == {"layer": 0, "index": 1, "on": False}
    assert again.events[0].step > 0 and again.at(again.events[0].step).layers[0].W[0, 1] == 3.5
    assert again.state_fingerprint() == answer["fingerprint"]
    live.page.reload()
    live.page.wait_for_selector(".wil-page")
    live.wait("d.step !== ''")
    assert live.ask({"cmd": "get"})["fingerprint"] == answer["fingerprint"]


def test_nothing_moves_under_the_pointer(server, tab):
    live = opened(server, tab, "/dots", viewport={"width": 1440, "height": 900})
    live.ask({"cmd": "new", "preset": "playground-spiral"})
    at_rest(live)
    page = live.page

    def places():
        page.evaluate("() => new Promise((later) => requestAnimationFrame(() => requestAnimationFrame(later)))")
        return page.evaluate(
            """() => [...document.querySelectorAll(".wil-net-spot, .wil-timeline, .wil-card-neuron")].map((one) => {
                const { x, y, width, height } = one.getBoundingClientRect();
                return [x, y, width, height];
            })"""
        )

    neuron = page.locator(".wil-neuron-sum")
    page.get_by_role("button", name="Layer 2, neuron 8", exact=True).wait_for()
    first = places()
    for layer, unit in [(1, 1), (1, 8), (2, 6), (2, 7), (2, 8)]:
        page.get_by_role("button", name=f"Layer {layer}, neuron {unit}", exact=True).hover()
        live.expect(neuron).to_contain_text(f"Layer {layer}, neuron {unit}")
        live.expect(neuron).to_contain_text("bias")
        assert places() == first
    live.expect(neuron).to_contain_text("and 5 more, weaker ones")
    page.get_by_role("button", name="Layer 2, neuron 8", exact=True).click()
    live.expect(page.get_by_label("Weight from layer 1, neuron 8")).to_have_value(re.compile(r"-?\d+\.\d\d"))
    assert places() == first
    live.button("Switch off").click()
    live.expect(neuron).to_contain_text("Switched off: it answers 0.")
    assert places() == first


def test_each_mode_of_the_links_says_what_holds_in_it(server, tab):
    live = opened(server, tab)
    words = live.page.locator(".wil-card-network .wil-explain")
    live.page.get_by_role("radio", name="Explain").click()
    live.expect(words).to_contain_text("Blue lines add")
    for mode, says in [
        ("Gradients", "would raise the loss"),
        ("Last update", "went up"),
        ("Weights", "Blue lines add"),
    ]:
        live.page.get_by_role("button", name=mode, exact=True).click()
        live.expect(words).to_contain_text(says)
        assert ("Blue lines add" in words.inner_text()) == (mode == "Weights")


def test_a_pinned_neuron_comes_into_view_on_a_phone(server, tab):
    live = opened(server, tab, viewport={"width": 390, "height": 844}, has_touch=True)
    live.page.get_by_role("button", name="Layer 1, neuron 3", exact=True).tap()
    live.expect(live.page.get_by_label("Bias", exact=True)).to_be_in_viewport(ratio=1)
    live.wait(
        "document.querySelector('.wil-card-neuron').getBoundingClientRect().bottom"
        " <= document.querySelector('.wil-controls').getBoundingClientRect().top"
    )


def test_painted_dots_become_the_data_of_a_new_run(server, tab):
    live = opened(server, tab)
    page = live.page
    live.button("Paint your own dots").click()
    live.button("Play").wait_for()
    live.button("Cancel").click()
    live.button("Pause").wait_for()
    live.button("Paint your own dots").click()
    square = page.get_by_label("The plane to paint on", exact=False)
    box = square.bounding_box()

    def stroke(x, y):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        for k in range(12):
            page.mouse.move(box["x"] + (x + 0.04 * k) * box["width"], box["y"] + y * box["height"])
        page.mouse.up()

    learn = live.button("Learn these dots")
    stroke(0.2, 0.2)
    assert learn.is_disabled()
    page.get_by_role("button", name="Class B", exact=True).click()
    stroke(0.2, 0.6)
    page.get_by_role("button", name="One class more").click()
    square.focus()
    for key in ("ArrowLeft", " ", "ArrowLeft", "ArrowLeft", " ", "ArrowDown", "ArrowDown", " "):
        page.keyboard.press(key)
    learn.click()
    live.wait("+d.step < 40 && +d.step > 0")
    config = shown(live)["config"]
    assert config["dataset"] == "points" and config["sizes"][-1] == 3
    points = config["dataset_args"]["points"]
    assert {one for _, _, one in points} == {0, 1, 2} and len(points) > 15
    assert [-0.25, 0.0, 2] in points
    page.get_by_role("button", name="More choices").click()
    chooser = page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    page.get_by_text("The file has 2 points").wait_for()
    lines = "".join(f"{k % 7},{k % 5},{'cat' if k % 2 else 'dog'}\n" for k in range(40))
    chooser.set_input_files({"name": "pets.csv", "mimeType": "text/csv", "buffer": lines.encode()})
    page.get_by_text("40 points of 2 classes").wait_for()
    assert shown(live)["classes"] == ["cat", "dog"]


def test_a_link_begins_the_same_run_elsewhere(server, tab):
    live = opened(server, tab, "/dots?data=xor&net=5-3&act=relu,tanh&noise=10&rate=0.1&l2=0.001&seed=7&n=200")
    live.page.get_by_role("button", name="More choices").click()
    box = live.page.get_by_role("textbox", name="Link to this network")
    live.expect(box).to_have_value(re.compile("net=5-3"))
    live.page.get_by_label("Depth of the link").select_option("Explain")
    live.page.get_by_role("checkbox", name="Learners see: Preset").uncheck()
    live.expect(box).to_have_value(re.compile("hide=preset"))
    link = box.input_value()
    assert "run=" not in link and len(link) < 200
    other = tab().open(link).moving()
    assert other.token != live.token
    assert other.page.locator(".wil-page").get_attribute("data-depth") == "explain"
    assert not other.page.get_by_label("Preset", exact=True).is_visible()
    runs = []
    for one in (live, other):
        at_rest(one)
        one.ask({"cmd": "goto", "step": 0})
        one.ask({"cmd": "step", "n": 150})
        one.ask({"cmd": "goto", "step": 150})
        runs.append(one.ask({"cmd": "get"}))
    assert runs[0]["fingerprint"] == runs[1]["fingerprint"]
    assert json.loads(runs[0]["json"])["config"] == json.loads(runs[1]["json"])["config"]


def test_everything_that_a_link_may_leave_out_is_left_out(server, tab):
    live = opened(server, tab, f"{START}&depth=Explain")
    live.page.get_by_role("button", name="More choices").click()
    boxes = live.page.locator("[aria-label^='Learners see: ']")
    boxes.first.wait_for()
    assert set(boxes.evaluate_all("all => all.map((box) => box.dataset.name)")) == set(LEFT_OUT)
    for name, place in LEFT_OUT.items():
        assert live.page.locator(place).first.is_visible(), name
    other = opened(server, tab, f"{START}&depth=Explain&hide={','.join(LEFT_OUT)}")
    for name, place in LEFT_OUT.items():
        assert not other.page.locator(place).filter(visible=True).count(), name
    inputs = other.page.locator(".wil-net-spot-input")
    assert inputs.all_inner_texts() == ["x₁", "x₂"]
    assert inputs.first.is_visible() and inputs.first.is_disabled()


def test_a_wrong_link_says_so_and_pages_keep_to_their_data(server, tab):
    live = opened(server, tab, "/dots?data=circle&rate=quick")
    assert live.page.get_by_text("rate cannot be read: 'quick' is not a number").is_visible()
    dots = shown(live)["id"]
    live.page.goto(server.url(f"/?run={live.token}"))
    live.page.wait_for_selector(".wil-page[data-page=start]")
    live.moving()
    assert shown(live)["image_shape"]
    live.page.goto(server.url(f"/dots?run={live.token}"))
    live.page.wait_for_selector(".wil-page[data-page=dots]")
    live.wait("d.step !== ''")
    assert shown(live)["id"] == dots


def test_slow_motion_and_presenting(server, tab):
    live = opened(server, tab)
    live.button("Slow motion").click()
    live.button("Play").wait_for()
    words = live.page.locator(".wil-slow-words")
    live.expect(words).to_contain_text("1 of 9 · Inputs")
    step = live.standing()
    titles = []
    for _ in range(8):
        live.button("Next ›").click()
        titles.append(words.inner_text().split(" — ")[0].split(" · ")[1])
    forward = ["Forward, layer 1", "Forward, layer 2", "Forward, output", "Loss"]
    assert titles == [*forward, "Backward, output", "Backward, layer 2", "Backward, layer 1", "Update"]
    live.button("‹ Back").click()
    live.expect(words).to_contain_text("Backward, layer 1")
    live.button("Next ›").click()
    assert live.step == step
    live.button("Make the update").click()
    live.wait("+d.step === x", step + 1)
    live.expect(words).to_contain_text("1 of 9 · Inputs")
    live.button("Leave slow motion").click()
    live.page.locator("h3", has_text="Output").click()
    live.page.keyboard.press("p")
    live.button("Play").wait_for(state="hidden")
    live.page.keyboard.press("1")
    assert live.page.locator(".wil-card:visible").count() == 1
    live.page.keyboard.press(" ")
    live.moving()
    live.page.keyboard.press("Escape")
    live.page.keyboard.press("Escape")
    live.button("Pause").wait_for()


def test_the_gallery_does_what_it_says(server, tab):
    live = opened(server, tab)
    assert set(SHOWN) == set(GALLERY)
    for name, entry in GALLERY.items():
        before = shown(live)["id"]
        live.page.locator(f"[data-entry={name}]").click()
        live.expect(live.page.locator(f"[data-entry={name}]")).to_have_attribute("aria-pressed", "true")
        live.ask({"cmd": "pause"})
        run = shown(live)
        assert run["id"] != before and run["step"] < entry.updates
        live.ask({"cmd": "step", "n": entry.updates - run["step"]})
        live.wait("+d.step === x", entry.updates)
        if entry.repeats > 1:
            seeds = live.page.locator(".wil-seeds-words")
            live.expect(seeds).to_contain_text(f"of {entry.repeats} solve it")
            live.expect(live.page.locator(".wil-seed").last).to_be_in_viewport()
            live.expect(live.page.locator(".wil-advice")).to_be_in_viewport()
            live.standing()
            found = int(seeds.inner_text().split()[0])
        else:
            live.standing()
            right, dots = sentence(live)
            found = 100 * right / dots
        assert SHOWN[name](found), (name, found)


def test_eight_layers_of_eight_on_a_phone(server, tab):
    path = "/dots?data=spiral&net=8-8-8-8-8-8-8-8"
    live = opened(server, tab, path, viewport={"width": 390, "height": 844}, has_touch=True)
    live.page.get_by_role("button", name="Layer 8, neuron 8", exact=True).wait_for()
    assert live.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    live.wait("+d.frames > x", live.frames + 20)
