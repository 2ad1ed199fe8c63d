# The plain image for local debugging: Debian, a shell, pip, sources in place, reload on change.
# It is also the "before" of every comparison, so it is what one would write first, done properly.
ARG PYTHON_IMAGE=python:3.11-slim
ARG NODE_IMAGE=node:24-alpine

FROM ${NODE_IMAGE} AS ui
WORKDIR /ui
COPY autoarr/ui ./
RUN --mount=type=secret,id=network --mount=type=secret,id=ca \
    if [ -f /run/secrets/network ]; then . /run/secrets/network; fi \
    && npm install --global --ignore-scripts "$(node -p 'require("./package.json").packageManager.split("+")[0]')" \
    && pnpm install --frozen-lockfile --prod \
    && pnpm build

FROM ${PYTHON_IMAGE}
WORKDIR /app
COPY requirements.txt ./
RUN --mount=type=secret,id=network --mount=type=secret,id=ca \
    if [ -f /run/secrets/network ]; then . /run/secrets/network; fi \
    && pip install --no-cache-dir --no-deps -r requirements.txt
COPY autoarr ./autoarr
COPY --from=ui /ui/dist /opt/ui
RUN useradd --uid 1001 --user-group --home-dir /data --create-home autoarr
ENV AUTOARR_DATA_DIR=/data AUTOARR_UI_DIR=/opt/ui PYTHONUNBUFFERED=1
USER autoarr
VOLUME /data
EXPOSE 8088
HEALTHCHECK CMD ["python", "-m", "autoarr", "healthcheck"]
# Mount the checkout's autoarr/ over /app/autoarr, and a saved file restarts the server.
CMD ["python", "-m", "uvicorn", "--factory", "autoarr.app:create_app", "--host", "0.0.0.0", "--port", "8088", \
     "--reload", "--reload-dir", "/app/autoarr"]
