"""The page in a learner's hands: it moves, it stops, it goes step by step, and what is changed takes effect at once."""


def test_it_opens_already_learning(server, tab):
    live = tab().open(server.url()).moving()
    assert live.data("connected") == "socket"
    assert live.button("Pause").is_visible()
    sentence = live.page.locator(".wil-sentence").inner_text()
    assert sentence.startswith("It has seen ") and "Guessing" in sentence
    assert float(live.data("loss")) > 0


def test_pause_holds_the_step(server, tab):
    live = tab().open(server.url()).moving()
    step = live.pause()
    live.page.wait_for_timeout(500)
    assert live.step == step
    live.button("Play").click()
    live.wait("+d.step > x", step)


def test_step_makes_exactly_one_update(server, tab):
    live = tab().open(server.url()).moving()
    step = live.pause()
    for expected in (step + 1, step + 2, step + 3):
        live.button("Step").click()
        live.wait("+d.step >= x", expected)
        assert live.standing() == expected


def test_reset_gives_the_same_first_loss(server, tab):
    live = tab().open(server.url()).moving()
    live.pause()
    losses = []
    for _ in range(2):
        live.button("Reset").click()
        live.wait("d.step === '0'")
        live.button("Step").click()
        live.wait("d.step === '1'")
        losses.append(live.data("loss"))
    assert losses[0] == losses[1] != ""


def test_the_learning_rate_takes_effect_while_it_learns(server, tab):
    live = tab().open(server.url()).moving()
    slider = live.page.get_by_label("Learning rate", exact=True)
    assert slider.get_attribute("aria-valuetext") == "0.1"
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    live.expect(slider).to_have_attribute("aria-valuetext", "0.2")
    live.moving()
    live.page.reload()  # what it shows now comes from the worker
    live.moving()
    assert slider.get_attribute("aria-valuetext") == "0.2"


def test_batch_size_and_speed_act_on_the_running_one(server, tab):
    live = tab().open(server.url()).moving()
    live.page.get_by_role("button", name="More choices").click()
    live.page.get_by_label("Batch size", exact=True).select_option("32")
    live.page.get_by_label("Speed", exact=True).press("End")
    live.wait("+d.step > x", live.step + 500)
    live.page.reload()
    live.moving()
    live.page.get_by_role("button", name="More choices").click()
    live.expect(live.page.get_by_label("Batch size", exact=True)).to_have_value("32")
    assert live.page.get_by_label("Speed", exact=True).get_attribute("aria-valuetext") == "as fast as it can"


def test_a_preset_and_own_choices_start_a_new_run(server, tab):
    live = tab().open(server.url()).moving()
    live.page.get_by_label("Preset", exact=True).select_option("digits-small")
    live.page.get_by_text("8 × 8 pixels").wait_for()
    live.page.get_by_role("button", name="More choices").click()
    units = live.page.get_by_label("Layer 1: units", exact=True)
    units.fill("12")
    units.press("Enter")
    live.page.get_by_role("button", name="Start a new run with these choices").click()
    live.expect(live.page.get_by_label("Preset", exact=True)).to_have_value("")
    live.wait("+d.step < 100")
    live.expect(units).to_have_value("12")


def test_a_choice_that_cannot_be_is_a_sentence(server, tab):
    live = tab().open(server.url("/?depth=Everything")).moving()
    live.page.get_by_role("button", name="More choices").click()
    live.page.get_by_text("Batch normalization", exact=True).click()  # which one example at a time cannot have
    live.page.get_by_role("button", name="Start a new run with these choices").click()
    live.page.get_by_test_id("stAlert").get_by_text("batch_norm").wait_for()
    live.moving()


def test_the_looked_at_digit_can_be_chosen_while_it_stands(server, tab):
    live = tab().open(server.url("/digits")).moving()
    step = live.pause()
    caption = live.page.locator(".wil-digit .wil-caption")
    live.page.get_by_label("Show me a", exact=True).select_option("4")
    live.expect(caption).to_have_text("28 × 28 pixels · it is a 4")
    live.page.get_by_role("button", name="Most wrong").click()
    live.page.get_by_role("button", name="Next digit").click()
    assert live.standing() == step


def test_a_run_that_diverges_says_so_and_offers_a_way_on(server, tab):
    live = tab().open(server.url()).moving()
    # A penalty of 1 at a rate of 10 makes every weight nine times as large at each update.
    live.ask({"cmd": "change", "values": {"learning_rate": 10, "l2": 1}})
    notice = live.page.get_by_role("alert").filter(has=live.page.get_by_role("button", name="Start over", exact=True))
    notice.wait_for()
    assert live.button("Play").is_visible()
    notice.get_by_role("button", name="Start over with rate 1").click()
    notice.wait_for(state="detached")
    rate = live.page.get_by_label("Learning rate", exact=True)
    live.expect(rate).to_have_attribute("aria-valuetext", "1")
    chip = live.page.locator(".wil-chip").filter(has_text="L2")
    chip.get_by_role("button").click()
    chip.wait_for(state="detached")
