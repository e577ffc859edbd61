import { assertEquals, assertRejects } from "@std/assert";
import {
  authTarget,
  readingFrom,
} from "../../../src/registry/auth/auth_target.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("authTarget() reports where a login is written to", async (t) => {
  using dir = tempDir();
  const runtime = dir.path;
  const cases: readonly (readonly [
    string,
    Parameters<typeof authTarget>[0],
    Awaited<ReturnType<typeof authTarget>>,
  ])[] = [
    [
      "docker's file that was named, before all",
      { compatAuthFile: "/c", authFile: "/a", env: { "DOCKER_CONFIG": "/d" } },
      { path: "/c", chosenBy: "user", format: "docker" },
    ],
    [
      "a file that was named",
      { authFile: "/a", env: { "REGISTRY_AUTH_FILE": "/f" } },
      { path: "/a", chosenBy: "user", format: "containers" },
    ],
    [
      "a variable's, before docker's",
      { env: { "REGISTRY_AUTH_FILE": "/f", "DOCKER_CONFIG": "/d" } },
      { path: "/f", chosenBy: "orlop", format: "containers" },
    ],
    [
      "docker's",
      { env: { "DOCKER_CONFIG": "/d", "XDG_RUNTIME_DIR": "/missing" } },
      { path: "/d/config.json", chosenBy: "orlop", format: "docker" },
    ],
    [
      "the session's",
      { env: { "XDG_RUNTIME_DIR": runtime } },
      {
        path: `${runtime}/containers/auth.json`,
        chosenBy: "orlop",
        format: "containers",
      },
    ],
    ["the host's", { env: {} }, {
      path: "/run/containers/0/auth.json",
      chosenBy: "orlop",
      format: "containers",
    }],
    ["a user's", { uid: 7 }, {
      path: "/run/containers/7/auth.json",
      chosenBy: "orlop",
      format: "containers",
    }],
  ];
  for (const [name, options, expected] of cases) {
    await t.step(name, async () => {
      assertEquals(await authTarget(options), expected);
    });
  }
});

Deno.test("authTarget() makes no folder of a session", async () => {
  using dir = tempDir();
  const path = dir.join("gone");
  const error = await assertRejects(
    () => authTarget({ env: { "XDG_RUNTIME_DIR": path } }),
    Error,
  );
  assertEquals(
    error.message,
    `Cannot keep credentials in "${path}": XDG_RUNTIME_DIR names it, but it is ` +
      "not there; make it, or unset the variable",
  );
  const below = { "XDG_RUNTIME_DIR": `${dir.join("file")}/x` };
  await Deno.writeTextFile(dir.join("file"), "");
  const other = await assertRejects(() => authTarget({ env: below }), Error);
  assertEquals("code" in other && other.code, "ENOTDIR");
});

Deno.test("readingFrom() reads what was written to", () => {
  assertEquals(readingFrom({ compatAuthFile: "/c", authFile: "/a" }), {
    compatAuthFile: "/c",
    authFile: "/c",
    missingFile: "fine",
  });
  assertEquals(readingFrom({ authFile: "/a", uid: 7 }), {
    authFile: "/a",
    uid: 7,
    missingFile: "fine",
  });
});
