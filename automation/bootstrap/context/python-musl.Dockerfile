# Python for musl, made from Debian's source packages (security patches included) with Debian's musl: what
# python:3.11-alpine is, for networks that reach a package index but no container registry.
#
# For another machine it is cross-compiled: the compilers run natively, and only what is built runs emulated, which
# configure scripts and CPython's own build do now and then. So nothing has to be guessed for the other machine, and the
# recipe is the same.
ARG DEBIAN_IMAGE
FROM --platform=${BUILDPLATFORM} ${DEBIAN_IMAGE} AS toolchain
ARG MUSL_VERSION
ARG MUSL_SUITE
ARG BUILDARCH
ARG TARGETARCH
# musl comes from a later suite: wheels bundle libraries with packed relocations (DT_RELR), and a musl before 1.2.4
# skips those without a word and jumps to where they should have pointed.
RUN sed -n "1s/^deb \([^ ]*\) .*/deb \1 $MUSL_SUITE main/p" /etc/apt/sources.list > /etc/apt/sources.list.d/musl.list \
    && printf 'Package: *\nPin: release n=%s\nPin-Priority: 1\n\nPackage: musl:any musl-*:any\nPin: release n=%s\nPin-Priority: 900\n' \
        "$MUSL_SUITE" "$MUSL_SUITE" > /etc/apt/preferences.d/musl \
    && dpkg --add-architecture "$TARGETARCH" \
    && apt-get update \
    && apt-get install -y --no-install-recommends bzip2 ca-certificates dpkg-dev gcc libc6-dev make patch pkg-config tcl \
        tzdata xz-utils "linux-libc-dev:$TARGETARCH" "musl-dev:$TARGETARCH" \
    && dpkg-architecture -a "$TARGETARCH" -q DEB_HOST_GNU_CPU > /opt/machine \
    && if [ "$TARGETARCH" != "$BUILDARCH" ]; then \
        apt-get install -y --no-install-recommends "gcc-$(tr _ - < /opt/machine)-linux-gnu"; fi \
    && version=$(dpkg-query -W -f '${Version}' "musl:$TARGETARCH") && echo "musl $version" \
    && case "$version" in "$MUSL_VERSION"*) ;; *) echo "pins.toml asks for musl $MUSL_VERSION" >&2; exit 1 ;; esac \
    && mkdir -p /opt/sources && echo "musl $version" > /opt/sources/musl \
    && for name in ca-certificates tzdata; do \
        dpkg-query -W -f '${Package} ${Version}\n' "$name" > "/opt/sources/$name" || exit 1; done \
    && for name in ca-certificates "musl:$TARGETARCH" tzdata; do mkdir -p "/opt/licenses/${name%:*}" \
        && cp "/usr/share/doc/${name%:*}/copyright" "/opt/licenses/${name%:*}/" || exit 1; done
COPY fetch-source /usr/local/bin/
# The kernel's headers alone, in a folder of their own: a glibc header on the include path would be taken for musl's.
# The wrapper answers the two spellings of the multiarch question that CPython's configure and setup.py ask. Atomics are
# inlined: the compiler's own functions for them on arm64 call into glibc.
# The loader's path file lets freshly built programs find the libraries built beside them.
RUN machine=$(cat /opt/machine) \
    && mkdir -p /opt/linux-headers /opt/root/usr/lib /opt/root/lib \
    && cp -r /usr/include/linux /usr/include/mtd /usr/include/asm-generic "/usr/include/$machine-linux-gnu/asm" /opt/linux-headers/ \
    && case "$machine" in aarch64) flags=-mno-outline-atomics ;; *) flags= ;; esac \
    && printf '#!/bin/sh\ncase "$1" in -print-multiarch|--print-multiarch) echo %s-linux-musl; exit;; esac\nexec %s-linux-musl-gcc %s -isystem /opt/linux-headers "$@"\n' \
        "$machine" "$machine" "$flags" > /usr/local/bin/cc-musl \
    && chmod +x /usr/local/bin/cc-musl \
    && for tool in ar nm ranlib strip; do ln -s "/usr/bin/$machine-linux-gnu-$tool" "/usr/local/bin/$tool-musl" || exit 1; done \
    && printf '/lib\n/usr/local/lib\n/usr/lib\n/opt/deps/usr/lib\n' > "/etc/ld-musl-$machine.path"
ENV CC=cc-musl AR=ar-musl NM=nm-musl RANLIB=ranlib-musl STRIP=strip-musl CFLAGS=-O2
WORKDIR /src

FROM toolchain AS zlib
ARG ZLIB_VERSION
RUN fetch-source zlib "$ZLIB_VERSION" && cd zlib \
    && ./configure --prefix=/usr && make -s -j "$(nproc)" > /dev/null && make -s install DESTDIR=/opt/deps > /dev/null

FROM toolchain AS bzip2
ARG BZIP2_VERSION
RUN fetch-source bzip2 "$BZIP2_VERSION" && cd bzip2 \
    && make -s -f Makefile-libbz2_so CC="$CC" > /dev/null \
    && install -D -m 755 libbz2.so.1.0.* -t /opt/deps/usr/lib \
    && install -D -m 644 bzlib.h -t /opt/deps/usr/include \
    && ln -s "$(basename libbz2.so.1.0.*)" /opt/deps/usr/lib/libbz2.so.1.0 && ln -s libbz2.so.1.0 /opt/deps/usr/lib/libbz2.so

FROM toolchain AS xz
ARG XZ_VERSION
RUN fetch-source xz-utils "$XZ_VERSION" && cd xz-utils \
    && ./configure --quiet --prefix=/usr --disable-static --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
        --disable-lzma-links --disable-scripts --disable-doc --disable-nls --host="$($CC -print-multiarch)" \
    && make -s -j "$(nproc)" > /dev/null && make -s install DESTDIR=/opt/deps > /dev/null

FROM toolchain AS libffi
ARG LIBFFI_VERSION
RUN fetch-source libffi "$LIBFFI_VERSION" && cd libffi \
    && ./configure --quiet --prefix=/usr --libdir=/usr/lib --disable-static --disable-docs --disable-multi-os-directory \
        --disable-exec-static-tramp --host="$($CC -print-multiarch)" \
    && make -s -j "$(nproc)" > /dev/null && make -s install DESTDIR=/opt/deps > /dev/null

FROM toolchain AS sqlite
ARG SQLITE_VERSION
RUN fetch-source sqlite3 "$SQLITE_VERSION" && cd sqlite3 \
    && ./configure --quiet --prefix=/usr --disable-static --disable-tcl --disable-readline --enable-fts5 \
        --host="$($CC -print-multiarch)" \
        CFLAGS="-O2 -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_SECURE_DELETE" \
    && { make -s -j "$(nproc)" libsqlite3.la sqlite3.h sqlite3.pc > build.log 2>&1 || { tail -n 40 build.log; exit 1; }; } \
    && make -s lib_install DESTDIR=/opt/deps > /dev/null \
    && install -D -m 644 sqlite3.h src/sqlite3ext.h -t /opt/deps/usr/include \
    && install -D -m 644 sqlite3.pc -t /opt/deps/usr/lib/pkgconfig

FROM toolchain AS openssl
ARG OPENSSL_VERSION
RUN fetch-source openssl "$OPENSSL_VERSION" && cd openssl \
    && ./Configure "linux-$(cat /opt/machine)" --prefix=/usr --libdir=lib --openssldir=/etc/ssl shared no-tests no-engine no-legacy \
        > /dev/null \
    && { make -s -j "$(nproc)" build_libs > build.log 2>&1 || { tail -n 40 build.log; exit 1; }; } \
    && make -s install_dev DESTDIR=/opt/deps > /dev/null && install -D -m 644 apps/openssl.cnf -t /opt/deps/etc/ssl

FROM toolchain AS busybox
ARG BUSYBOX_VERSION
# `tc` is the one applet that the current kernel headers no longer allow.
RUN fetch-source busybox "$BUSYBOX_VERSION" && cd busybox \
    && export ARCH="$(cat /opt/machine)" CROSS_COMPILE="$(cat /opt/machine)-linux-gnu-" \
    && make -s defconfig > /dev/null && sed -i 's/^CONFIG_TC=y/CONFIG_TC=n/' .config \
    && make -s -j "$(nproc)" CC="$CC" HOSTCC=gcc CONFIG_PREFIX=/opt/busybox install > build.log 2>&1 \
    || { tail -n 40 build.log; exit 1; }

FROM toolchain AS python
ARG PYTHON_VERSION
RUN fetch-source python3.11 "$PYTHON_VERSION" --skip-patches
COPY --from=zlib /opt/deps /opt/deps
COPY --from=bzip2 /opt/deps /opt/deps
COPY --from=xz /opt/deps /opt/deps
COPY --from=libffi /opt/deps /opt/deps
COPY --from=sqlite /opt/deps /opt/deps
COPY --from=openssl /opt/deps /opt/deps
ENV CPPFLAGS=-I/opt/deps/usr/include \
    LDFLAGS=-L/opt/deps/usr/lib \
    PKG_CONFIG_PATH=/opt/deps/usr/lib/pkgconfig \
    PKG_CONFIG_SYSROOT_DIR=/opt/deps
COPY build-cpython /usr/local/bin/
# Where the result runs is where it is built, as far as configure is concerned: emulated, if need be.
# 1 MiB of stack for Python's threads, as the official Alpine image has it: musl's own default is 128 KiB.
RUN CPYTHON_CFLAGS=-DTHREAD_STACK_SIZE=0x100000 CPYTHON_CONFIGURE="--with-openssl=/opt/deps/usr --build=$($CC -print-multiarch)" build-cpython /src/python3.11 /opt/root

# The file system of the image, laid out as Alpine does: the loader in /lib, libraries in /usr/lib, Python in /usr/local.
FROM python AS root
COPY --from=busybox /opt/busybox /opt/root
COPY --from=busybox /opt/sources /opt/sources
COPY --from=busybox /opt/licenses /opt/licenses
COPY --from=zlib /opt/sources /opt/sources
COPY --from=zlib /opt/licenses /opt/licenses
COPY --from=bzip2 /opt/sources /opt/sources
COPY --from=bzip2 /opt/licenses /opt/licenses
COPY --from=xz /opt/sources /opt/sources
COPY --from=xz /opt/licenses /opt/licenses
COPY --from=libffi /opt/sources /opt/sources
COPY --from=libffi /opt/licenses /opt/licenses
COPY --from=sqlite /opt/sources /opt/sources
COPY --from=sqlite /opt/licenses /opt/licenses
COPY --from=openssl /opt/sources /opt/sources
COPY --from=openssl /opt/licenses /opt/licenses
RUN machine=$(cat /opt/machine) && cd /opt/root \
    && mkdir -p -m 755 dev etc/ssl/certs home lib/ proc root run srv sys usr/share var/lib \
    && mkdir -p -m 1777 tmp var/tmp \
    && cp "/usr/lib/$machine-linux-musl/libc.so" "lib/ld-musl-$machine.so.1" \
    && ln -s "ld-musl-$machine.so.1" "lib/libc.musl-$machine.so.1" \
    && cp -P /opt/deps/usr/lib/*.so.* usr/lib/ \
    && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ && ln -s certs/ca-certificates.crt etc/ssl/cert.pem \
    && cp /opt/deps/etc/ssl/openssl.cnf etc/ssl/ \
    && cp -r /usr/share/zoneinfo usr/share/ && rm -rf usr/share/zoneinfo/posix usr/share/zoneinfo/right \
    && find usr/lib -name '*.so*' -type f -exec "$STRIP" --strip-unneeded {} + \
    && printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' > etc/passwd \
    && printf 'root:x:0:\nnobody:x:65534:\n' > etc/group \
    && printf '/bin/sh\n' > etc/shells && printf 'hosts: files dns\n' > etc/nsswitch.conf \
    && { printf 'ID=autoarr-base\nNAME="AutoArr base (musl)"\nPRETTY_NAME="AutoArr base: Python on musl, from Debian sources"\n' \
        && cat /etc/os-release | sed -n 's/^VERSION_ID=/DEBIAN_VERSION_ID=/p'; } > etc/os-release \
    && cp -r /opt/licenses usr/share/licenses \
    && mkdir -p usr/share/autoarr-base && sort /opt/sources/* > usr/share/autoarr-base/sources

FROM scratch
COPY --from=root /opt/root /
ARG PYTHON_VERSION
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PYTHON_VERSION=${PYTHON_VERSION}
RUN python3 -c "import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib; print(ssl.OPENSSL_VERSION, sqlite3.sqlite_version)" \
    && pip --version \
    && find / -xdev -name __pycache__ -prune -exec rm -rf {} +
CMD ["python3"]
