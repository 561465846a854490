#!/usr/bin/env bash
# Run a command on a copy of this repository, as `python` the newest one that Debian's unstable
# has: in a system of its own, made by debootstrap and kept for the next time. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

system="${TMPDIR:-/tmp}/newest-python"
if ! [ -e "$system/made" ]; then
    rm -rf "$system"
    debootstrap --variant=minbase --include=ca-certificates,git sid "$system" > /dev/null
    touch "$system/made"
fi

# What this machine knows of the network
for file in resolv.conf ssl/certs/ca-certificates.crt pip.conf; do
    [ ! -e "/etc/$file" ] || cp --dereference --remove-destination "/etc/$file" "$system/etc/$file"
done

rm -rf "$system/repository"
mkdir "$system/repository"
git ls-files -z --cached --others --exclude-standard |
    tar --create --null --files-from=- | tar --extract --directory "$system/repository"

# Mounts of a process of its own end with it, however it ends.
unshare --mount bash -euo pipefail -s "$system" "$@" <<'HERE'
system=$1
for folder in proc dev; do mount --rbind "/$folder" "$system/$folder"; done
shift
exec chroot "$system" /bin/bash -euo pipefail -c '
    export HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
    unset VIRTUAL_ENV TMPDIR
    apt-get --quiet=2 --option Acquire::Check-Valid-Until=false update
    newest=$(apt-cache pkgnames python3. | grep --extended-regexp "^python3[.][0-9]+$" | sort --version-sort | tail -1)
    apt-get --quiet=2 install --yes --no-install-recommends "$newest-venv" > /dev/null 2>&1
    [ -x "/environment-$newest/bin/uv" ] || {
        "$newest" -m venv "/environment-$newest"
        "/environment-$newest/bin/python" -m pip install --quiet nox uv
    }
    export PATH="/environment-$newest/bin:$PATH"
    cd /repository
    python --version
    exec "$@"
' run "$@"
HERE
