# shellcheck shell=sh
# Keeps the memory of a pull flat and small. Source this: it sets $v8_flags.

# The main thread and two workers have a heap each, whose young generation
# would grow to tens of megabytes; and each thread would keep freed memory.
v8_flags=--v8-flags=--max-semi-space-size=1,--optimize-for-size
export MALLOC_ARENA_MAX=1
