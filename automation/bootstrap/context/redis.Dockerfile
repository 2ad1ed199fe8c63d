# Redis for verification, from Debian's package.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis -m 750 /data
USER redis
WORKDIR /data
EXPOSE 6379
# Reachable from the session's own network, as the official image is.
CMD ["redis-server", "--protected-mode", "no", "--bind", "*", "--save", "", "--appendonly", "no"]
