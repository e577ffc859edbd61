import { assertEquals, assertThrows } from "@std/assert";
import {
  checkLabels,
  fitLimits,
  fitOomScore,
  fitUlimits,
} from "../../../src/engine/templates/host_resources.ts";
import type { Ulimit } from "../../../src/image/limits.ts";
import type { Host } from "../../../src/process/host.ts";

const SYS_RESOURCE = 1n << 24n;
const FILE = { mode: 0o100644, uid: 0, gid: 0, major: 0, minor: 0 };

/** A machine with these files, on which orlop may have 100 of everything. */
function machine(
  { paths = [], capabilities, oomScore = 100 }: {
    readonly paths?: readonly string[];
    readonly capabilities?: bigint;
    readonly oomScore?: number;
  },
): {
  host: Host;
  log: (level: string, message: string) => void;
  told: string[];
} {
  const told: string[] = [];
  const host: Host = {
    readHostname: () => undefined,
    readOomScore: () => oomScore,
    readLimit: (type) =>
      type === "nofile" ? { soft: 50n, hard: 100n } : undefined,
    readCapabilities: () => capabilities,
    readStatus: (path) => paths.includes(path) ? FILE : undefined,
  };
  return { host, log: (_, message) => told.push(message), told };
}

Deno.test("fitUlimits() lowers what orlop may not raise, and says so", async (t) => {
  const nofile = (soft: bigint, hard: bigint): Ulimit => ({
    ...{ type: "nofile", soft, hard },
  });
  const core = { type: "core", soft: 500n, hard: 500n };
  const table: [string, bigint | undefined, Ulimit, Ulimit, number][] = [
    ["one that is high", 0n, nofile(200n, 200n), nofile(100n, 100n), 1],
    ["the hard one only", 0n, nofile(70n, 200n), nofile(70n, 100n), 1],
    ["no lower one", 0n, nofile(60n, 100n), nofile(60n, 100n), 0],
    ["none that is not known", 0n, core, core, 0],
    [
      "none with the right to",
      SYS_RESOURCE,
      nofile(2n, 200n),
      nofile(2n, 200n),
      0,
    ],
    [
      "none if rights are not known",
      undefined,
      nofile(2n, 200n),
      nofile(2n, 200n),
      0,
    ],
  ];
  for (const [name, capabilities, given, expected, messages] of table) {
    await t.step(name, () => {
      const one = machine(capabilities === undefined ? {} : { capabilities });
      assertEquals(fitUlimits(one, [given]), [expected]);
      assertEquals(one.told.length, messages);
    });
  }
  assertEquals(fitUlimits(machine({ capabilities: 0n }), "own"), "own");
});

Deno.test("fitLimits() leaves swap alone where it is not counted, and says so", async (t) => {
  const v1 = "/sys/fs/cgroup/memory";
  const counted = [v1, `${v1}/memory.memsw.limit_in_bytes`];
  const table: [string, readonly string[], number][] = [
    ["cgroup v2", [], 0],
    ["cgroup v1 that counts it", counted, 0],
    ["cgroup v1 that does not", [v1], 1],
  ];
  for (const [name, paths, messages] of table) {
    await t.step(name, () => {
      const one = machine({ paths });
      const limits = { memory: 64 };
      const unlimited = { memory: 64, memorySwap: "unlimited" } as const;
      assertEquals(fitLimits(one, limits), messages ? unlimited : limits);
      assertEquals(one.told.length, messages);
      assertEquals(fitLimits(one, {}), {});
      assertEquals(fitLimits(one, unlimited), unlimited);
      assertEquals(one.told.length, messages);
    });
  }
});

Deno.test("fitLimits() drops huge pages of none where they are not counted", async (t) => {
  const none = [{ pageSize: "2MB", limit: 0n }];
  const some = [{ pageSize: "2MB", limit: 1n }];
  const counted = machine({ paths: ["/sys/fs/cgroup/hugetlb"] });
  const table = [[counted, some, some], [counted, none, none]] as const;
  for (const [one, hugepages, expected] of table) {
    await t.step(Deno.inspect(hugepages), () => {
      assertEquals(fitLimits(one, { hugepages }).hugepages, expected);
    });
  }
  assertEquals(fitLimits(machine({}), { hugepages: none }).hugepages, []);
  assertThrows(
    () => fitLimits(machine({}), { hugepages: some }),
    TypeError,
    "Cannot limit huge pages of 2MB: this machine has no cgroup",
  );
});

Deno.test("fitLimits() takes files of cgroup v2 where that is", async (t) => {
  const v2 = machine({ paths: ["/sys/fs/cgroup/cgroup.controllers"] });
  const unified = { "memory.high": "1", "hugetlb.2MB.max": "0" };
  assertEquals(fitLimits(v2, { unified }), { unified });
  assertThrows(
    () => fitLimits(machine({}), { unified }),
    TypeError,
    'Cannot limit "memory.high": this machine has no cgroup version 2',
  );
  for (const name of ["../memory.high", "a/b.c", "", ".x", "cgroup"]) {
    await t.step(name, () => {
      assertThrows(
        () => fitLimits(v2, { unified: { [name]: "1" } }),
        TypeError,
        "a file of a cgroup is named",
      );
    });
  }
});

Deno.test("fitOomScore() raises what orlop may not lower, and says so", async (t) => {
  const table: [bigint | undefined, number | undefined, number | undefined][] =
    [
      [0n, undefined, undefined],
      [0n, 99, 100],
      [0n, 100, 100],
      [0n, 101, 101],
      [SYS_RESOURCE, -1000, -1000],
      [undefined, -1000, -1000],
    ];
  for (const [capabilities, wanted, expected] of table) {
    await t.step(`${capabilities}, ${wanted}`, () => {
      const one = machine(capabilities === undefined ? {} : { capabilities });
      assertEquals(fitOomScore(one, wanted), expected);
      assertEquals(one.told.length, wanted === expected ? 0 : 1);
    });
  }
});

Deno.test("checkLabels() refuses labels where SELinux would miss them", () => {
  const labels = ["disable", "type:x_t"];
  const paths = ["/sys/fs/selinux/enforce"];
  checkLabels(machine({}).host, { labels });
  checkLabels(machine({ paths }).host, { labels: ["disable"] });
  assertThrows(
    () => checkLabels(machine({ paths }).host, { labels }),
    TypeError,
    'Cannot use SELinux label "type:x_t"',
  );
});
