# HAProxy for verification, from Debian's package; user, signal, the configuration's place and wget are as in the
# official image.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends haproxy wget \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && install -d /usr/local/etc/haproxy
USER haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
