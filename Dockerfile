# Build:  docker build -t cannon-bot .
# Run:    docker run --env-file .env -v cannon-bot:/data cannon-bot

# The image's content and not only its name; `make pin-image` takes the newest. No `# syntax` line: it would fetch
# another image, and nothing here needs a newer frontend than Docker has.
ARG PYTHON_IMAGE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY requirements/bot.lock requirements/build.lock requirements/
RUN python -m venv /opt/cannon-bot \
 && /opt/cannon-bot/bin/pip install --no-cache-dir --require-hashes -r requirements/bot.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md LICENSE cannon_bot.py hatch_build.py ./
COPY bot bot
COPY cogs cogs
# What `cannon-bot --version` and the label of the image say: --build-arg COMMIT=$(git rev-parse --short=12 HEAD)
ARG COMMIT=unknown
RUN CANNON_BOT_COMMIT=${COMMIT} /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /dist . \
 && /opt/cannon-bot/bin/pip install --no-cache-dir --no-deps --no-index /dist/*.whl
# Bytecode without docstrings, which the image's user could not store; of Python itself too, since the base image has none.
ENV PYTHONOPTIMIZE=2 \
    PYTHONPYCACHEPREFIX=/opt/cannon-bot/bytecode
RUN python -m compileall -q -j 0 -x '/(test|idlelib|tkinter|turtledemo|ensurepip|pip|(site|dist)-packages/pip)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /opt/cannon-bot/lib

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data cannon-bot \
 && install --directory --owner=cannon-bot --group=cannon-bot --mode=0700 /data
COPY --from=build /opt/cannon-bot /opt/cannon-bot
ENV PATH=/opt/cannon-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONOPTIMIZE=2 \
    PYTHONPYCACHEPREFIX=/opt/cannon-bot/bytecode \
    DATABASE=/data/cannon-bot.db \
    HTTP_HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
# The webhooks' port, served if PUBLIC_URL is set. Health and metrics stay on the container's own 127.0.0.1.
EXPOSE 8080
# The bot ends within 10 seconds of SIGTERM; the start reads the commands and the database first.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["cannon-bot", "health"]
ENTRYPOINT ["cannon-bot"]
CMD ["run"]
