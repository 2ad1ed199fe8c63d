# A minimal Debian, as debootstrap leaves it, with the host's own package sources. Everything else is built on it.
FROM scratch
ADD root.tar /
COPY sources.list /etc/apt/sources.list
RUN printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n' > /etc/apt/apt.conf.d/90autoarr \
    && rm -f /etc/apt/sources.list.d/* \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get -y upgrade \
    && apt-get clean
ENV DEBIAN_FRONTEND=noninteractive
CMD ["bash"]
