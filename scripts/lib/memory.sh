# shellcheck shell=sh
# What Deno takes of memory and time. Source this after permissions.sh: it sets
# $v8_flags.

# Keeps the memory of a pull flat and small: the main thread and two workers have
# a heap each, whose young generation would grow to tens of megabytes; and each
# thread would keep freed memory.
v8_flags=--v8-flags=--max-semi-space-size=1,--optimize-for-size
export MALLOC_ARENA_MAX=1

# A short command ends before memory is worth collecting, or a thread worth
# starting. What Deno keeps of compiled code has all functions, not just those
# that run while a module is loaded: to compile the others took 5 ms a command.
quick_v8_flags=--v8-flags=--no-lazy,--min-semi-space-size=4,--single-threaded

# Those that move layers, or live long.
bulk_commands=" pull push copy load save check serve image/pull image/push image/load image/save "

# Prepares for $command, with Deno's cache in $DENO_DIR: code that was compiled
# with other flags is of no use to it, and would be replaced each time.
choose_memory() {
	if is_one_of "$bulk_commands"; then return; fi
	v8_flags=$quick_v8_flags DENO_DIR=$DENO_DIR/quick
}
