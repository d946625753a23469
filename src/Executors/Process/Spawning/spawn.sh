#!/bin/sh
# Prints the bytes of spawn.c as they stand in SpawnCode.cs. Needs gcc and binutils on x86-64.
set -e
cd "$(dirname "$0")"
out=$(mktemp -d)
gcc -Os -ffreestanding -fPIC -mno-red-zone -mno-sse -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -fno-jump-tables -fno-tree-loop-distribute-patterns -c spawn.c -o "$out/spawn.o"
ld -Ttext=0 --entry=spawn -nostdlib "$out/spawn.o" -o "$out/spawn.elf" -T /dev/stdin <<'L'
SECTIONS { . = 0; .text : { *(.text.start) *(.text*) *(.rodata*) } /DISCARD/ : { *(*) } }
L
objcopy -O binary -j .text "$out/spawn.elf" "$out/spawn.bin"
base64 -w 120 "$out/spawn.bin"
[ -z "$1" ] || objdump -d "$out/spawn.elf"
rm -r "$out"
