# The service in a container that needs no rights: no root, no shell, a read-only file system.
#
#   docker build -t shortbreaks .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       -v shortbreaks:/var/lib/shortbreaks -p 8000:8000 shortbreaks
#
# A tag can be moved to another image; a digest cannot. For a release, build with the digest of
# the tag below, which `docker buildx imagetools inspect python:3.11-slim-bookworm` prints:
#
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:... -t shortbreaks .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN ["python", "-m", "venv", "/opt/shortbreaks"]
COPY requirements.lock ./
RUN ["/opt/shortbreaks/bin/pip", "install", "--require-hashes", "--only-binary=:all:", "-r", "requirements.lock"]
COPY pyproject.toml README.md LICENSE ./
COPY app/ app/
COPY matching/ matching/
COPY migrations/ migrations/
# The lock has the build tools too, so that nothing comes in here without a hash.
RUN ["/opt/shortbreaks/bin/pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "."]

FROM ${BASE}
# PostgreSQL wants its user to have a name; Kubernetes wants it to be a number.
RUN groupadd --system --gid 10001 shortbreaks \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
       --shell /usr/sbin/nologin shortbreaks \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/shortbreaks
COPY --from=build /opt/shortbreaks /opt/shortbreaks
ENV PATH=/opt/shortbreaks/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SHORTBREAKS_DATA_DIR=/var/lib/shortbreaks
USER 10001:10001
# Only the embedded PostgreSQL writes here; with SHORTBREAKS_DATABASE_URL it stays empty.
VOLUME /var/lib/shortbreaks
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["shortbreaks", "serve", "--host", "0.0.0.0"]
