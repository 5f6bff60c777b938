# Digitscope on a CPU, as a user without rights on a file system that is not written to:
#
#   docker build -t digitscope --build-arg PIP_EXTRA_INDEX_URL=... .     # PyTorch's index of CPU builds, see deploy.md
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v digitscope:/state -p 127.0.0.1:7860:7860 digitscope
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GRADIO_TEMP_DIR=/tmp/gradio \
    HF_HOME=/tmp/huggingface \
    HOME=/tmp

WORKDIR /app
COPY requirements.txt .
# An index beside pip's usual one; with that of PyTorch's CPU builds the image is some gigabytes smaller.
ARG PIP_EXTRA_INDEX_URL=""
# What the app runs on is listed up to the blank line, and then what its tests need.
RUN sed '/^$/q' requirements.txt > run.txt && pip install --no-cache-dir -r run.txt

COPY app.py ./
COPY model model
COPY ui ui
COPY assets assets
COPY checkpoints checkpoints

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin digitscope \
    && mkdir /state && chown digitscope /state
USER 10001
VOLUME /state
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/digitscope/page/state.js', timeout=4)"]
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0", "--port", "7860", "--state", "/state", "--data", "/state/data"]
