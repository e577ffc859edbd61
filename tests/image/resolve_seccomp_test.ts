import { assert, assertEquals } from "@std/assert";
import type { SeccompProfile } from "../../src/formats/oci/seccomp_profile.ts";
import { resolveSeccomp } from "../../src/image/resolve_seccomp.ts";
import { defaultSeccomp } from "../../src/image/seccomp_table.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const PROFILE: SeccompProfile = {
  defaultAction: "SCMP_ACT_KILL",
  architectures: [],
  archMap: [{
    architecture: "SCMP_ARCH_AARCH64",
    subArchitectures: ["SCMP_ARCH_ARM"],
  }],
  syscalls: [
    { names: ["always"], action: ALLOW },
    { names: ["both"], action: ALLOW, includes: { caps: ["CAP_A", "CAP_B"] } },
    {
      names: ["unless"],
      action: ALLOW,
      excludes: { caps: ["CAP_A", "CAP_C"] },
    },
    { names: ["arm"], action: ALLOW, includes: { arches: ["arm", "arm64"] } },
    { names: ["no-arm"], action: ALLOW, excludes: { arches: ["arm64"] } },
  ],
};

Deno.test("resolveSeccomp() keeps the rules that count", async (t) => {
  const table: [string, string[], string, string[]][] = [
    ["no rights", [], "x86_64", ["always", "unless", "no-arm"]],
    ["one of two", ["CAP_A"], "x86_64", ["always", "no-arm"]],
    ["both", ["CAP_A", "CAP_B"], "x86_64", ["always", "both", "no-arm"]],
    ["another machine", [], "aarch64", ["always", "unless", "arm"]],
    ["an unknown one", [], "riscv64", ["always", "unless", "no-arm"]],
  ];
  for (const [name, capabilities, architecture, expected] of table) {
    await t.step(name, () => {
      const { syscalls = [] } = resolveSeccomp(PROFILE, {
        capabilities,
        architecture,
      });
      assertEquals(syscalls.flatMap(({ names }) => names), expected);
    });
  }
});

Deno.test("resolveSeccomp() names what the machine runs besides", () => {
  const resolve = (architecture: string) =>
    resolveSeccomp(PROFILE, { capabilities: [], architecture });
  const arm = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"];
  assertEquals(resolve("aarch64")["architectures"], arm);
  assertEquals(resolve("x86_64")["architectures"], undefined);
});

Deno.test("the default profile names each system call once, but for its conditions", () => {
  const capabilities = ["CAP_SYS_ADMIN", "CAP_AUDIT_WRITE"];
  const architecture = "x86_64";
  const { syscalls = [] } = resolveSeccomp(defaultSeccomp(), {
    capabilities,
    architecture,
  });
  const names = syscalls.flatMap(({ names, args, action }) =>
    args === undefined ? [[String(action), names]] : []
  ).flatMap(([, names]) => names);
  const seen = new Map<unknown, number>();
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
  // Allowed to all once they were made for containers, and listed before that.
  assertEquals([...seen].filter(([, count]) => count > 1), [["setns", 2]]);
});

Deno.test("the default profile guards the audit log and old personalities", () => {
  const socketsOf = (capabilities: string[]) =>
    (resolveSeccomp(defaultSeccomp(), { capabilities, architecture: "x86_64" })
      .syscalls ?? []).filter(({ names }) =>
        (names as string[]).includes("socket")
      );
  const [family, protocol] = [{ index: 0, value: 16 }, { index: 2, value: 9 }];
  const names = ["socket"];
  assertEquals(socketsOf([]), [
    {
      ...{ names, action: "SCMP_ACT_ERRNO", errnoRet: 22 },
      args: [
        { ...family, op: "SCMP_CMP_EQ" },
        { ...protocol, op: "SCMP_CMP_EQ" },
      ],
    },
    { names, action: ALLOW, args: [{ ...family, op: "SCMP_CMP_NE" }] },
    { names, action: ALLOW, args: [{ ...protocol, op: "SCMP_CMP_NE" }] },
  ]);
  assertEquals(socketsOf(["CAP_AUDIT_WRITE"]), [{ names, action: ALLOW }]);
  const { syscalls = [], defaultErrnoRet } = resolveSeccomp(defaultSeccomp(), {
    ...{ capabilities: [], architecture: "x86_64" },
  });
  assertEquals(defaultErrnoRet, 38);
  const personalities = syscalls
    .filter((rule) => (rule.names as string[]).includes("personality"))
    .flatMap((rule) => rule["args"]);
  assertEquals(
    personalities,
    [0, 8, 0x20000, 0x20008, 0xffffffff].map((value) => ({
      ...{ index: 0, value, op: "SCMP_CMP_EQ" },
    })),
  );
  const refusals = syscalls.filter(({ action, args }) =>
    action === "SCMP_ACT_ERRNO" && args === undefined
  );
  assert(refusals.length > 1);
  assert(refusals.every(({ errnoRet }) => errnoRet === 1));
});
