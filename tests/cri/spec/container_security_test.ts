import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";
import {
  LinuxContainerSecurityContextSchema,
  SecurityProfile_ProfileType as ProfileType,
} from "../../../src/cri/api/api_pb.js";
import {
  chooseApparmor,
  chooseSeccomp,
  type ProfileChoice,
  securitySettings,
} from "../../../src/cri/spec/container_security.ts";

type Context = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;

function contextOf(context: Context) {
  return create(LinuxContainerSecurityContextSchema, context);
}

Deno.test("securitySettings() takes capabilities, paths and labels over", () => {
  const found = securitySettings(contextOf({
    noNewPrivs: true,
    capabilities: {
      addCapabilities: ["NET_ADMIN"],
      dropCapabilities: ["ALL"],
      addAmbientCapabilities: ["CHOWN"],
    },
    maskedPaths: ["/proc/kcore/"],
    readonlyPaths: ["/proc/sys"],
    selinuxOptions: { type: "x_t", level: "s0" },
  }));
  assertEquals(found, {
    privileged: false,
    noNewPrivileges: true,
    capabilities: {
      add: ["NET_ADMIN"],
      drop: ["ALL"],
      ambient: ["CHOWN"],
      conflicts: "drop",
    },
    apparmor: undefined,
    labels: ["type:x_t", "level:s0"],
    maskedPaths: ["/proc/kcore"],
    readonlyPaths: ["/proc/sys"],
  });
});

Deno.test("securitySettings() hides the usual paths unless it is told others", () => {
  const { maskedPaths, readonlyPaths, labels } = securitySettings(contextOf({
    selinuxOptions: { type: "spc_t", level: "s0" },
  }));
  assertEquals([maskedPaths, readonlyPaths], [undefined, undefined]);
  assertEquals(labels, []);
  for (const path of ["proc/kcore", "", "/a\0"]) {
    assertThrows(
      () => securitySettings(contextOf({ maskedPaths: [path] })),
      TypeError,
      "Cannot use masked path",
    );
  }
});

Deno.test("chooseSeccomp() knows the profile and the path of former times", async (t) => {
  const { RuntimeDefault, Unconfined, Localhost } = ProfileType;
  const byDefault = { kind: "default" } as const;
  const unconfined = { kind: "unconfined" } as const;
  const local = (name: string): ProfileChoice => ({ kind: "localhost", name });
  const profile = (profileType: ProfileType, localhostRef = ""): Context => ({
    seccomp: { profileType, localhostRef },
  });
  const path = (seccompProfilePath: string): Context => ({
    seccompProfilePath,
  });
  const table: [Context, ProfileChoice][] = [
    [{}, unconfined],
    [profile(RuntimeDefault), byDefault],
    [profile(Unconfined), unconfined],
    [profile(Localhost, "/a.json"), local("/a.json")],
    [profile(Localhost, "localhost//a.json"), local("/a.json")],
    [
      {
        seccomp: { profileType: Unconfined },
        seccompProfilePath: "runtime/default",
      },
      unconfined,
    ],
    [path("runtime/default"), byDefault],
    [path("docker/default"), byDefault],
    [path("unconfined"), unconfined],
    [path("localhost//a.json"), local("/a.json")],
    [
      {
        seccomp: { profileType: Localhost, localhostRef: "/a.json" },
        privileged: true,
      },
      unconfined,
    ],
  ];
  for (const [context, expected] of table) {
    await t.step(JSON.stringify(context), () => {
      assertEquals(chooseSeccomp(contextOf(context)), expected);
    });
  }
  for (
    const context of [
      profile(Localhost),
      profile(Number(9)),
      path("else"),
      path("localhost/"),
      path("localhost/a\nb"),
    ]
  ) {
    await t.step(`not ${JSON.stringify(context)}`, () => {
      assertThrows(
        () => chooseSeccomp(contextOf(context)),
        TypeError,
        "Cannot use seccomp profile",
      );
    });
  }
});

Deno.test("chooseApparmor() knows both fields", () => {
  const choose = (context: Context) => chooseApparmor(contextOf(context));
  const name = "web";
  assertEquals(choose({}), { kind: "unconfined" });
  assertEquals(choose({ apparmorProfile: "localhost/web" }), {
    kind: "localhost",
    name,
  });
  const apparmor = { profileType: ProfileType.Localhost, localhostRef: name };
  assertEquals(choose({ apparmor, apparmorProfile: "runtime/default" }), {
    kind: "localhost",
    name,
  });
  assertEquals(choose({ apparmor, privileged: true }), { kind: "unconfined" });
});
