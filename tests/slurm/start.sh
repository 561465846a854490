#!/usr/bin/env bash
# Start SLURM with two nodes on this machine, unless it runs already; to be run as root.
# Beside it: a file system of 1 MB that anybody can fill.
#
# It keeps apart from any other SLURM: to use it, set SLURM_CONF as below.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
state=/var/spool/slurm-tests
export SLURM_CONF=$state/slurm.conf

are_up() { [ "$(sinfo --noheader --Node --format %t 2> /dev/null | grep -cE '^(idle|alloc)$')" = 2 ]; }

mkdir -p "$state"/{ctld,n1,n2,full}
sed -e "s/@HOST@/$(hostname -s)/" -e "s#@STATE@#$state#" "$here/slurm.conf" > "$SLURM_CONF"
mountpoint --quiet "$state/full" || mount -t tmpfs -o size=1m,mode=1777 tmpfs "$state/full"

if ! munge --no-input > /dev/null 2>&1; then
    install --directory --owner munge --group munge --mode 755 /run/munge
    install --directory --owner munge --group munge --mode 700 /etc/munge /var/lib/munge /var/log/munge
    [ -s /etc/munge/munge.key ] || runuser -u munge -- /usr/sbin/mungekey
    runuser -u munge -- /usr/sbin/munged
fi
sinfo > /dev/null 2>&1 || slurmctld
for node in n1 n2; do
    kill -0 "$(cat "$state/slurmd.$node.pid" 2> /dev/null)" 2> /dev/null || slurmd -N "$node"
done
for _ in $(seq 60); do
    if are_up; then exit 0; fi
    sleep 1
done
sinfo || true
tail -n 5 "$state"/*.log
exit 1
