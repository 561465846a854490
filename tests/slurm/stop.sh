#!/usr/bin/env bash
# Stop what start.sh has started, by the numbers that the daemons have left; munge stays.
state=/var/spool/slurm-tests
for file in "$state"/slurmd.*.pid "$state/slurmctld.pid"; do
    [ -s "$file" ] && kill "$(cat "$file")" 2> /dev/null
done
sleep 2
umount "$state/full"
