# Python for glibc: what python:3.11-slim is, on Debian. The same CPython sources, version and configuration as the
# musl base, so that the two differ in the C library and nothing else of ours.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE} AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends dpkg-dev gcc libbz2-dev libc6-dev libffi-dev liblzma-dev libsqlite3-dev \
        libssl-dev make patch pkg-config xz-utils zlib1g-dev
COPY fetch-source build-cpython /usr/local/bin/
ARG PYTHON_VERSION
WORKDIR /src
RUN fetch-source python3.11 "$PYTHON_VERSION" --skip-patches
RUN build-cpython /src/python3.11 /opt/root \
    && mkdir -p /opt/root/usr/local/share/autoarr-base && cp /opt/sources/* /opt/root/usr/local/share/autoarr-base/sources \
    && cp -r /opt/licenses /opt/root/usr/local/share/licenses

FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libbz2-1.0 libffi8 liblzma5 libsqlite3-0 libssl3 \
        netbase tzdata zlib1g \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/*
COPY --from=python /opt/root /
ARG PYTHON_VERSION
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PYTHON_VERSION=${PYTHON_VERSION}
RUN ldconfig \
    && python3 -c "import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib; print(ssl.OPENSSL_VERSION, sqlite3.sqlite_version)" \
    && pip --version \
    && find / -xdev -name __pycache__ -prune -exec rm -rf {} +
CMD ["python3"]
