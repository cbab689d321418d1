# One image, five commands: python -m services.gateway, .ingest, .analyzer, .exporter, .monitor; python -m services.migrate
# makes topics and tables. `make image` builds it, `make image-ocr` the one that reads text by itself (PROVIDER=local).
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
# Debian keeps only the newest version of a package, so one that is named today could not be installed tomorrow.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/* \
  && pip install --no-cache-dir uv==0.13.9
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY docker/install.sh docker/install.sh
COPY clients/python/image_analyzer clients/python/image_analyzer
COPY shared shared
COPY services services
RUN sh docker/install.sh /app

FROM build AS build-ocr
RUN rm -r /app && sh docker/install.sh /app --extra local

FROM base AS runtime
# Nobody's home: what a service writes goes to /tmp, uploads to /data. The root file system may be read-only.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin app \
  && install --directory --owner=app --group=app /data
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONPYCACHEPREFIX=/tmp/pycache \
  AUTH=keys HOST=0.0.0.0 OPS_HOST=0.0.0.0 OPS_PORT=9100 DATA_DIR=/data
USER 10001:10001
WORKDIR /tmp
EXPOSE 5001 9100
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --start-interval=2s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"OPS_PORT\"]}/readyz', timeout=4)"]
CMD ["python", "-m", "services.gateway"]

FROM runtime AS ocr
COPY --from=build-ocr /app /app

FROM runtime AS core
COPY --from=build /app /app
