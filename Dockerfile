# Build:  docker build --build-arg COMMIT=$(git rev-parse --short=12 HEAD) -t cannon-bot .
# Run:    docker run --env-file .env -v cannon-bot:/data cannon-bot

# The image's content and not only its name. No `# syntax` line: it would fetch
# another image, and nothing here needs a newer frontend than Docker has.
ARG PYTHON_IMAGE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY requirements/bot.lock requirements/build.lock requirements/NOTICES.txt requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.lock \
 && python -m venv --without-pip /opt/cannon-bot \
 && /opt/build/bin/pip --python /opt/cannon-bot/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements/bot.lock
COPY pyproject.toml README.md LICENSE cannon_bot.py hatch_build.py ./
COPY bot bot
COPY cogs cogs
COPY sandbox sandbox
# What `cannon-bot --version` says of it.
ARG COMMIT=unknown
RUN CANNON_BOT_COMMIT=${COMMIT} /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /dist . \
 && /opt/build/bin/pip --python /opt/cannon-bot/bin/python install --no-cache-dir --no-compile --no-deps --no-index /dist/*.whl
# Bytecode without docstrings, which the image's user could not store; of Python itself too, since the base image has none.
ENV PYTHONOPTIMIZE=2 \
    PYTHONPYCACHEPREFIX=/opt/cannon-bot/bytecode
RUN python -m compileall -q -j 0 -x '/(test|idlelib|pydoc_data|tkinter|turtledemo|ensurepip|(site|dist)-packages/pip)/' \
    "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /opt/cannon-bot/lib

FROM ${PYTHON_IMAGE} AS pruned
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data cannon-bot \
 && install --directory --owner=cannon-bot --group=cannon-bot --mode=0700 /data
COPY --from=build /opt/cannon-bot /opt/cannon-bot
COPY tools/prune_image.py /tmp/
RUN /opt/cannon-bot/bin/python -B /tmp/prune_image.py \
 && rm /tmp/prune_image.py

# One layer, without what was removed above: a removal in a layer of its own would make the image no smaller.
FROM scratch
# hadolint ignore=DL3067
COPY --from=pruned / /
COPY --from=pruned --chown=10001:10001 /data /data
ARG COMMIT=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="cannon-bot" \
      org.opencontainers.image.description="Cannon Studio's media API as Discord slash commands" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
ENV PATH=/opt/cannon-bot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
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
