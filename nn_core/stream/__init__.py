"""From a training run to a page: workers that train, frames that carry what probes found, a store that forgets nothing.

`workbench` is the server's side, `worker` the training process; between them run the messages of `pipe` and the frames
of `frames`. Nothing here knows of Streamlit.
"""
