import { assertEquals, assertThrows } from "@std/assert";
import { parseSeccompProfile } from "../../../src/formats/oci/seccomp_profile.ts";

function parse(profile: unknown) {
  return parseSeccompProfile(JSON.stringify(profile), "profile");
}

Deno.test("parseSeccompProfile() reads what Go programs write", () => {
  const profile = parse({
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    defaultErrno: "ENOSYS",
    archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: null }],
    syscalls: [
      {
        names: ["read", "write"],
        action: "SCMP_ACT_ALLOW",
        args: null,
        comment: "",
        includes: {},
        excludes: { caps: ["CAP_SYS_ADMIN"] },
      },
      {
        name: "personality",
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 4294967295, valueTwo: 0, op: "SCMP_CMP_EQ" }],
      },
    ],
  });
  assertEquals(profile.defaultErrnoRet, 38);
  assertEquals(profile.archMap, [
    { architecture: "SCMP_ARCH_X86_64", subArchitectures: [] },
  ]);
  const [both, one] = profile.syscalls;
  assertEquals(both?.names, ["read", "write"]);
  assertEquals(both?.args, undefined);
  assertEquals(both?.excludes?.caps, ["CAP_SYS_ADMIN"]);
  assertEquals(one?.names, ["personality"]);
  assertEquals(one?.args?.[0]?.value, 0xffffffff);
});

Deno.test("parseSeccompProfile() refuses what would not protect", async (t) => {
  const defaultAction = "SCMP_ACT_ERRNO";
  const rule = (members: object) => ({
    defaultAction,
    syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW", ...members }],
  });
  const argument = (members: object) =>
    rule({ args: [{ index: 0, value: 0, op: "SCMP_CMP_EQ", ...members }] });
  const table: Record<string, [unknown, string]> = {
    "no object": [[], "an object"],
    "no default": [{}, "defaultAction"],
    "an unknown default": [{ defaultAction: "allow" }, '"allow" is unknown'],
    "two lists of architectures": [{
      defaultAction,
      architectures: ["SCMP_ARCH_ARM"],
      archMap: [{ architecture: "SCMP_ARCH_ARM" }],
    }, "exclude each other"],
    "an unknown action": [rule({ action: "SCMP_ACT_HOPE" }), "SCMP_ACT_HOPE"],
    "a rule for nothing": [rule({ names: [] }), 'either "name" or "names"'],
    "both spellings of names": [rule({ name: "open" }), 'either "name" or'],
    "a seventh argument": [argument({ index: 6 }), "on argument 6"],
    "an unknown comparison": [argument({ op: "==" }), '"==" on argument 0'],
    "a negative value": [argument({ value: -1 }), "-1 is negative"],
    "a value of too many digits": [argument({ value: 2 ** 60 }), "an integer"],
    "a negative error": [rule({ errnoRet: -1 }), "-1 is negative"],
  };
  for (const [name, [profile, message]] of Object.entries(table)) {
    await t.step(name, () => {
      assertThrows(() => parse(profile), SyntaxError, message);
    });
  }
});
