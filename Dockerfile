# Watch it learn in a container, built from this folder alone:
#
#     docker build -t watch-it-learn . && docker run -p 8501:8501 -v learned:/data watch-it-learn
#
# Runs and downloaded data live in /data. Behind a proxy at a path of its own, add STREAMLIT_SERVER_BASE_URL_PATH=path.
FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY .streamlit .streamlit
COPY assets assets
COPY nn_core nn_core
COPY pages pages
COPY dashboard.py LICENSE ./

RUN useradd --create-home learner && mkdir /data && chown learner /data
USER learner
ENV NN_RUNS_DIR=/data/runs NN_CACHE_DIR=/data/cache
VOLUME /data

EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "dashboard.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
