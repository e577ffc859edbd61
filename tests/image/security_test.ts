import { assert, assertEquals, assertFalse } from "@std/assert";
import { DEFAULT_CAPABILITIES } from "../../src/image/capabilities.ts";
import {
  MASKED_PATHS,
  READONLY_PATHS,
} from "../../src/image/sandbox_defaults.ts";
import {
  linuxSecurity,
  processSecurity,
  type SecurityOptions,
} from "../../src/image/security.ts";

const ROOT = { uid: 0 };
const OTHER = { uid: 1000 };

Deno.test("processSecurity() gives root what is allowed, and others what is named", async (t) => {
  const usual = DEFAULT_CAPABILITIES;
  const ambient = ["CAP_NET_ADMIN"];
  const named: SecurityOptions = {
    capabilities: { add: ["CAP_NET_ADMIN"], drop: ["ALL"], ambient },
  };
  await t.step("root", () => {
    const { capabilities, ...rest } = processSecurity({ user: ROOT });
    assertEquals(rest, { noNewPrivileges: false });
    assertEquals(capabilities, {
      ...{ bounding: usual, effective: usual, permitted: usual },
    });
  });
  await t.step("another", () => {
    const { capabilities } = processSecurity({ user: OTHER });
    assertEquals(capabilities, {
      ...{ bounding: usual, effective: [], permitted: [] },
    });
  });
  await t.step("another by name", () => {
    const { capabilities } = processSecurity({ user: OTHER, security: named });
    assertEquals(capabilities, {
      ...{ bounding: ambient, effective: ambient, permitted: ambient },
      ...{ inheritable: ambient, ambient },
    });
  });
  await t.step("root by name", () => {
    const { capabilities } = processSecurity({ user: ROOT, security: named });
    assertEquals(capabilities, {
      ...{ bounding: ambient, effective: ambient, permitted: ambient },
    });
  });
  await t.step("nobody what orlop lacks", () => {
    const ownCapabilities = ["CAP_CHOWN"];
    for (const user of [ROOT, OTHER]) {
      const { capabilities } = processSecurity({
        ...{ user, ownCapabilities, security: { privileged: true } },
      });
      assertEquals(capabilities?.["bounding"], ["CAP_CHOWN"]);
      assertEquals(
        capabilities?.["effective"],
        user === ROOT ? ["CAP_CHOWN"] : [],
      );
    }
  });
  await t.step("all, if it is privileged, whatever is dropped", () => {
    const capabilities = { drop: ["ALL"], ambient };
    const security = { privileged: true, capabilities };
    const all = processSecurity({ user: ROOT, security }).capabilities;
    assert((all?.["bounding"]?.length ?? 0) > usual.length);
    const other = processSecurity({ user: OTHER, security }).capabilities;
    assertEquals(other?.["ambient"], undefined);
  });
});

Deno.test("processSecurity() hands on profiles and privileges", async (t) => {
  const cases: readonly (readonly [SecurityOptions, object])[] = [
    [{}, { noNewPrivileges: false }],
    [{ noNewPrivileges: true }, { noNewPrivileges: true }],
    [{ apparmor: "unconfined" }, { noNewPrivileges: false }],
    [{ apparmor: "own" }, { noNewPrivileges: false, apparmorProfile: "own" }],
  ];
  for (const [security, expected] of cases) {
    await t.step(JSON.stringify(security), () => {
      const { capabilities: _, ...rest } = processSecurity({
        ...{ user: ROOT, security },
      });
      assertEquals(rest, expected);
    });
  }
});

Deno.test("linuxSecurity() hides what is usual, and what is asked for", async (t) => {
  const without = (paths: readonly string[], pattern: RegExp) =>
    paths.filter((path) => !pattern.test(path));
  const cases: readonly (readonly [
    string,
    SecurityOptions,
    readonly string[],
    readonly string[],
  ])[] = [
    ["nothing said", {}, MASKED_PATHS, READONLY_PATHS],
    ["privileged", { privileged: true }, [], []],
    ["more", { mask: ["/a"] }, [...MASKED_PATHS, "/a"], READONLY_PATHS],
    ["privileged, and more", { privileged: true, mask: ["/a"] }, ["/a"], []],
    ["others", { maskedPaths: ["/a"], readonlyPaths: [] }, ["/a"], []],
    ["none", { unmask: ["ALL"] }, [], []],
    ["none, in small letters", { unmask: ["all"], mask: ["/b"] }, ["/b"], []],
    [
      "one less",
      { unmask: ["/proc/kcore", "/proc/sys"] },
      without(MASKED_PATHS, /^\/proc\/kcore$/),
      without(READONLY_PATHS, /^\/proc\/sys$/),
    ],
    [
      "a pattern",
      { unmask: ["/proc/*"] },
      without(MASKED_PATHS, /^\/proc\/[^/]*$/),
      without(READONLY_PATHS, /^\/proc\/[^/]*$/),
    ],
    [
      "a character",
      { unmask: ["/proc/key?", "/proc/.*"] },
      without(MASKED_PATHS, /^\/proc\/keys$/),
      READONLY_PATHS,
    ],
    ["a part of a path", { unmask: ["/proc", "proc/kcore", "/proc/kc"] }, [
      ...MASKED_PATHS,
    ], READONLY_PATHS],
  ];
  for (const [name, security, masked, readonly] of cases) {
    await t.step(name, () => {
      const { maskedPaths, readonlyPaths } = linuxSecurity({
        ...{ user: ROOT, security },
      });
      assertEquals(maskedPaths, masked);
      assertEquals(readonlyPaths, readonly);
    });
  }
});

Deno.test("linuxSecurity() limits system calls unless it must not", async (t) => {
  const cases: readonly (readonly [string, SecurityOptions, boolean])[] = [
    ["nothing said", {}, true],
    ["unconfined", { seccomp: "unconfined" }, false],
    ["privileged", { privileged: true }, false],
    ["privileged and unconfined", {
      ...{ privileged: true, seccomp: "unconfined" },
    }, false],
  ];
  for (const [name, security, isLimited] of cases) {
    await t.step(name, () => {
      const { seccomp } = linuxSecurity({ user: ROOT, security });
      if (isLimited) assertEquals(seccomp?.defaultAction, "SCMP_ACT_ERRNO");
      else assertFalse(seccomp);
    });
  }
});
