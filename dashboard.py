"""Watch it learn: the frame around every page, and the server that shows it.

Streamlit reads this file twice over. To serve, it takes `app` from it: its own server with our routes beside. And for
each visit it runs it as a script, which draws the frame and runs the chosen page inside.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from streamlit.runtime.pages_manager import PagesManager

    from pages.shared.live_route import routes

    # A folder named "pages" would put Streamlit into its older way of finding pages until the first visit.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, routes=routes())
else:
    from pages.shared.live import DEPTHS
    from pages.shared.opening import open_link
    from pages.shared.theme import dress, underline
    from pages.shared.tokens import ASSETS

    st.set_page_config(page_title="Watch it learn", page_icon=ASSETS / "pictures" / "icon.png", layout="wide")
    dress()
    menu = {
        "": [
            st.Page("pages/start.py", title="Start", default=True),
            st.Page("pages/lessons.py", title="Lessons"),
        ],
        "Explore": [
            st.Page("pages/dots.py", title="Dots on a plane"),
            st.Page("pages/digits.py", title="Handwritten digits"),
            st.Page("pages/tutorials.py", title="The two tutorials"),
            st.Page("pages/compare.py", title="Compare"),
        ],
        "Look closer": [
            st.Page("pages/layers.py", title="Inside the layers"),
            st.Page("pages/update.py", title="One update, every number"),
        ],
        "Keep": [st.Page("pages/runs.py", title="My runs")],
    }
    page = st.navigation(menu, position="top")
    underline(menu, page)
    with st.container(key="depth-switch"):
        st.segmented_control(
            "Depth",
            DEPTHS,
            default=DEPTHS[0],
            required=True,
            key="depth",
            bind="query-params",
            label_visibility="collapsed",
        )
    open_link()
    page.run()
