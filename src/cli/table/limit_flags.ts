/** Flags that say how much of the machine a container may use. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const LIMIT_FLAGS = {
  memory: {
    type: "text",
    short: "m",
    value: "SIZE",
    help: "How much memory it gets, such as 512m or 1.5g",
  },
  "memory-swap": {
    type: "text",
    value: "SIZE",
    help: "Memory and swap together; twice --memory if left out, -1: no limit",
  },
  "memory-reservation": {
    type: "text",
    value: "SIZE",
    help: "What it keeps when memory is scarce",
  },
  "memory-swappiness": {
    type: "text",
    value: "0-100",
    help: "How readily its memory is swapped",
  },
  "oom-kill-disable": {
    type: "boolean",
    help: "It waits for memory instead of being killed",
  },
  "oom-score-adj": {
    type: "text",
    value: "N",
    help: "How readily it is killed for memory, -1000 to 1000",
  },
  cpus: { type: "text", value: "N", help: "How many CPUs it gets, as 1.5" },
  "cpu-period": {
    type: "text",
    value: "MICROSECONDS",
    help: "What --cpu-quota is a part of; 100000 if left out",
  },
  "cpu-quota": {
    type: "text",
    value: "MICROSECONDS",
    help: "How long it runs in each --cpu-period",
  },
  "cpu-shares": {
    type: "text",
    short: "c",
    value: "N",
    help: "Its weight when CPUs are scarce; others have 1024",
  },
  "cpuset-cpus": {
    type: "text",
    value: "LIST",
    help: "Which CPUs, such as 0-3,8",
  },
  "cpuset-mems": {
    type: "text",
    value: "LIST",
    help: "Which nodes of memory, such as 0,1",
  },
  "pids-limit": {
    type: "text",
    value: "N",
    help: "How many processes and threads; 2048 if left out, -1: no limit",
  },
  ulimit: {
    type: "list",
    splits: true,
    value: "TYPE=SOFT[:HARD]",
    help: "A limit of each process, such as nofile=1024:4096; -1: none; " +
      "host: all as orlop has them",
  },
} as const satisfies FlagTable;
