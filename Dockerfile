# KEDRec's commands and its service, for docker-compose.yml or alone:
#
#   docker build -t kedrec .
#   docker run --rm --read-only --tmpfs /tmp -v kedrec-data:/data kedrec kedrec model pull
#   docker run --rm --read-only --tmpfs /tmp -v kedrec-data:/data kedrec kedrec-load graph
#   docker run --read-only --tmpfs /tmp -v kedrec-data:/data -p 127.0.0.1:8000:8000 kedrec
#
# It runs as a user without rights and writes under /data (graph, model, caches) and /tmp alone.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.lock ./
# Everything comes from requirements.lock, hash by hash: uv first, by pip, then the rest by uv.
RUN python -m venv /opt/build && \
    sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ /p;}' requirements.lock > /opt/build/uv.lock && \
    /opt/build/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement /opt/build/uv.lock && \
    /opt/build/bin/uv pip install --quiet --python /opt/build/bin/python --require-hashes --constraints requirements.lock --group build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN python -m venv --without-pip /opt/kedrec && \
    /opt/build/bin/uv pip install --quiet --python /opt/kedrec/bin/python --require-hashes --constraints requirements.lock --requirements pyproject.toml --extra serve
COPY . .
RUN /opt/build/bin/uv build --quiet --wheel --no-build-isolation --python /opt/build/bin/python --out-dir /opt/build/wheel && \
    /opt/build/bin/uv pip install --quiet --python /opt/kedrec/bin/python --no-deps /opt/build/wheel/kedrec-*.whl

FROM python:3.11-slim-bookworm
# LightGBM and llama.cpp need OpenMP.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends libgomp1 && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin kedrec && \
    install --directory --owner=kedrec --group=kedrec --mode=700 /data
COPY --from=build /opt/kedrec /opt/kedrec
ENV PATH=/opt/kedrec/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp KEDREC_HOME=/data
USER kedrec
VOLUME /data
EXPOSE 8000
# The first start after a load fits the ranking: a minute for the built-in graph, longer for a large one.
HEALTHCHECK --interval=15s --timeout=10s --start-period=300s --retries=4 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=9)"]
CMD ["kedrec", "serve", "--host", "0.0.0.0", "--port", "8000"]
