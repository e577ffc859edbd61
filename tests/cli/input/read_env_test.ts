/** What orlop reads of its environment, and what it hands on. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { findExitCommand } from "../../../src/cli/input/exit_command.ts";
import { CALLERS_ENV } from "../../../src/cli/input/flags/callers_env.ts";
import { ownProgram } from "../../../src/cli/input/own_program.ts";
import {
  readEnv,
  registryEnvironment,
} from "../../../src/cli/input/read_env.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { KEPT } from "../../../src/process/callers_variable.ts";
import { needs } from "../../support/peers.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

/** Runs with variables that are others; undefined is unset. */
function withEnv<T>(
  variables: Readonly<Record<string, string | undefined>>,
  run: () => T,
): T {
  using undo = new DisposableStack();
  for (const [name, value] of Object.entries(variables)) {
    const before = Deno.env.get(name);
    undo.defer(() =>
      before === undefined ? Deno.env.delete(name) : Deno.env.set(name, before)
    );
    if (value === undefined) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
  return run();
}

Deno.test("readEnv() counts what is empty as unset, and knows the caller's home", () => {
  const of = (name: string, env: Record<string, string | undefined>) =>
    withEnv(env, () => readEnv(name));
  assertEquals(of("ORLOP_X", { "ORLOP_X": "1" }), "1");
  assertEquals(of("ORLOP_X", { "ORLOP_X": "" }), undefined);
  assertEquals(of("ORLOP_X", { "ORLOP_X": undefined }), undefined);
  const both = { HOME: "/own", "ORLOP_HOME": "/caller" };
  assertEquals(of("HOME", both), "/caller");
  assertEquals(of("HOME", { ...both, "ORLOP_HOME": undefined }), "/own");
  assertEquals(of("ORLOP_ROOT", { ...both, "ORLOP_ROOT": "/r" }), "/r");
});

Deno.test(
  "settings of another user are not used, and that is said",
  needs("root"),
  async (t) => {
    using dir = trustedDir();
    const file = dir.join(".config/containers/auth.json");
    const read = (env: Record<string, string | undefined>) => {
      const warnings: string[] = [];
      const { env: found = {}, uid } = withEnv(
        { "ORLOP_HOME": undefined, ...env },
        () => registryEnvironment((text) => void warnings.push(text)),
      );
      assertEquals(uid, Deno.uid());
      return [found["HOME"], found["REGISTRY_AUTH_FILE"], warnings] as const;
    };
    const env = { HOME: dir.path, "REGISTRY_AUTH_FILE": file };
    await t.step("one's own", () => {
      assertEquals(read(env), [dir.path, file, []]);
    });
    await Deno.chown(dir.path, 12_345, 0);
    await t.step("another's, who has none", () => {
      assertEquals(read(env), [undefined, file, []]);
    });
    await Deno.mkdir(dir.join(".config/containers"), { recursive: true });
    await Deno.writeTextFile(file, "{}");
    await t.step("another's, who has some", () => {
      const [home, named, warnings] = read(env);
      assertEquals([home, named, warnings.length], [undefined, file, 1]);
      const begin = "Settings below HOME are not used: ";
      assert(warnings[0]?.startsWith(begin), warnings[0]);
    });
    await t.step("nobody's", () => {
      const none = dir.join("none/home");
      assertEquals(read({ ...env, HOME: none }), [none, file, []]);
    });
  },
);

Deno.test("containers get the caller's variables, and none of the launcher's", () => {
  const env = {
    [`${KEPT}PATH`]: "/caller/bin",
    ...{ "ORLOP_HOME": "/caller", "ORLOP_PROGRAM": "/o", "ORLOP_STDOUT": "x" },
    ...{ "ORLOP_HELPERS": "h", "DENO_TEST_X": "1", "ORLOP_TEST_X": "2" },
    ...{ "XORLOP_HOME": "3", "ORLOP_HOMES": "4", "XDENO_X": "5" },
  };
  withEnv(env, () => {
    const names = [
      ...["PATH", "HOME", "ORLOP_PROGRAM", "ORLOP_STDOUT", "ORLOP_HELPERS"],
      ...["ORLOP_HOME", "DENO_TEST_X", "ORLOP_TEST_X", "XORLOP_HOME"],
      ...["ORLOP_HOMES", "XDENO_X", "ORLOP_TEST_NONE"],
    ];
    const expected = [
      ...["/caller/bin", "/caller", undefined, undefined, undefined],
      ...[undefined, undefined, "2", "3", "4", "5", undefined],
    ];
    assertEquals(names.map((name) => CALLERS_ENV.get(name)), expected);
    const all = CALLERS_ENV.all();
    assertEquals(names.map((name) => all[name]), expected);
    assertEquals(Object.keys(all).filter((name) => name.startsWith(KEPT)), []);
  });
  withEnv({ "ORLOP_HOME": undefined, HOME: "/own" }, () => {
    assertEquals(
      [CALLERS_ENV.get("HOME"), CALLERS_ENV.all()["HOME"]],
      ["/own", "/own"],
    );
  });
});

Deno.test("orlop is called later as it is called now", () => {
  const place = { root: "/r", runRoot: "/u" };
  const words = (env: Record<string, string | undefined>) =>
    withEnv(env, () => findExitCommand(place)("id"));
  const none = {
    ...{ "ORLOP_CACHE": undefined, "ORLOP_DENO": undefined },
    "ORLOP_PROGRAM": "/opt/orlop",
  };
  const rest = [
    ...["/opt/orlop", "--root", "/r", "--runroot", "/u"],
    ...["container", "cleanup", "id"],
  ];
  assertEquals(words(none), ["/usr/bin/env", ...rest]);
  assertEquals(words({ ...none, "ORLOP_CACHE": "/c", "ORLOP_DENO": "/d" }), [
    ...["/usr/bin/env", "ORLOP_CACHE=/c", "ORLOP_DENO=/d", ...rest],
  ]);
  withEnv({ "ORLOP_PROGRAM": "/opt/orlop" }, () => {
    assertEquals(ownProgram(), "/opt/orlop");
  });
  withEnv({ "ORLOP_PROGRAM": undefined }, () => {
    assertThrows(
      () => ownProgram(),
      UsageError,
      "Cannot tell where orlop is installed: name it with --program",
    );
  });
});
