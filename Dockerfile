# The command `assay` in a small image: build with uv, run without it.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project
COPY README.md LICENSE ./
COPY config config
COPY chains chains
COPY indexer indexer
RUN uv sync --locked --no-dev --no-editable

FROM python:${PYTHON}
COPY --from=build /app /app
# Numeric, so that an orchestrator can see it is not root. The embedded database and its state live in the volume.
RUN install -d -o 10001 -g 10001 -m 700 /data
ENV PATH=/app/bin:$PATH HOME=/data XDG_DATA_HOME=/data PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["assay"]
CMD ["--help"]
