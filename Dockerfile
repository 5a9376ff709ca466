# syntax=docker/dockerfile:1
# Build:  docker build -t cannon-bot .
# Run:    docker run --env-file .env -v cannon-bot:/data cannon-bot

FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/cannon-bot \
 && /opt/cannon-bot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist . \
 && /opt/cannon-bot/bin/pip install --no-cache-dir --no-deps --no-index /dist/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data cannon-bot \
 && install --directory --owner=cannon-bot --group=cannon-bot --mode=0700 /data
COPY --from=build /opt/cannon-bot /opt/cannon-bot
ENV PATH=/opt/cannon-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE=/data/cannon-bot.db \
    HTTP_HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
# The bot ends within 10 seconds of SIGTERM; the start reads the commands and the database first.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["cannon-bot", "health"]
ENTRYPOINT ["cannon-bot"]
CMD ["run"]
