/** Flags for resource limits of a container. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const LIMIT_FLAGS = {
  memory: {
    type: "text",
    short: "m",
    value: "SIZE",
    help: "The memory limit, such as 512m or 1.5g",
  },
  "memory-swap": {
    type: "text",
    value: "SIZE",
    help: "The limit of memory plus swap; by default twice --memory; -1: " +
      "no limit",
  },
  "memory-reservation": {
    type: "text",
    value: "SIZE",
    help: "The soft limit of memory, applied when memory is short",
  },
  "memory-swappiness": {
    type: "text",
    value: "0-100",
    help: "The swappiness of its memory",
  },
  "oom-kill-disable": {
    type: "boolean",
    help: "Let it wait for memory instead of killing it",
  },
  "oom-score-adj": {
    type: "text",
    value: "N",
    help: "The OOM score adjustment, -1000 to 1000",
  },
  cpus: { type: "text", value: "N", help: "The CPU limit, such as 1.5" },
  "cpu-period": {
    type: "text",
    value: "MICROSECONDS",
    help: "The period of --cpu-quota; by default 100000",
  },
  "cpu-quota": {
    type: "text",
    value: "MICROSECONDS",
    help: "The CPU time in each --cpu-period",
  },
  "cpu-shares": {
    type: "text",
    short: "c",
    value: "N",
    help: "The relative CPU weight; the default is 1024",
  },
  "cpuset-cpus": {
    type: "text",
    value: "LIST",
    help: "The CPUs to use, such as 0-3,8",
  },
  "cpuset-mems": {
    type: "text",
    value: "LIST",
    help: "The memory nodes to use, such as 0,1",
  },
  "pids-limit": {
    type: "text",
    value: "N",
    help: "The limit of processes and threads; by default 2048; -1: no " +
      "limit",
  },
  ulimit: {
    type: "list",
    splits: true,
    value: "TYPE=SOFT[:HARD]",
    help: "A resource limit of processes, such as nofile=1024:4096; -1: " +
      "none; host: all of orlop's own",
  },
} as const satisfies FlagTable;
