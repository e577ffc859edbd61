import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CommandError } from "../../../src/errors/store_errors.ts";
import {
  type HelperOptions,
  openHelper,
} from "../../../src/registry/auth/credential_helper.ts";
import { KEPT } from "../../../src/process/callers_variable.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

/** Makes a helper "x" of a script, and opens it. */
async function helper(
  path: string,
  script: string,
  options: HelperOptions = {},
) {
  const program = `${path}/docker-credential-x`;
  await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(program, 0o755);
  const env = { HOME: path, "ORLOP_HELPERS": program };
  return openHelper("x", { ...options, env });
}

/** Keeps each server's credentials in a file, and what it was given. */
const KEEPER = `cd "$HOME" || exit 1
input=$(cat)
printf '%s|%s\\n' "$*" "$input" >>seen
case $1 in
store) printf '%s' "$input" >kept ;;
get) cat kept 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) rm kept 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
list) echo '{"q.io":"ann","r.io":"bob"}' ;;
esac`;

Deno.test("a helper keeps, gives, lists and forgets credentials", async () => {
  using dir = trustedDir();
  const keeper = await helper(dir.path, KEEPER);
  assertEquals(await keeper.get("q.io"), undefined);
  assert(!await keeper.erase("q.io"));
  const login = { username: "ann", secret: 'a"b\\c' };
  await keeper.store("q.io", login);
  assertEquals(await keeper.get("q.io"), {
    kind: "password",
    username: "ann",
    password: login.secret,
  });
  assertEquals(await keeper.list(), ["q.io", "r.io"]);
  assert(await keeper.erase("q.io"));
  const seen = await Deno.readTextFile(dir.join("seen"));
  assertEquals(seen.split("\n"), [
    "get|q.io",
    "erase|q.io",
    String.raw`store|{"ServerURL":"q.io","Username":"ann","Secret":"a\"b\\c"}`,
    "get|q.io",
    "list|",
    "erase|q.io",
    "",
  ]);
});

Deno.test("a helper has the caller's proxies, which Deno has not", async () => {
  using dir = trustedDir();
  using restored = new DisposableStack();
  const kept = `${KEPT}HTTPS_PROXY`;
  Deno.env.set(kept, "http://proxy.lan:1");
  restored.defer(() => Deno.env.delete(kept));
  const script =
    'echo "{\\"Username\\":\\"ann\\",\\"Secret\\":\\"$HTTPS_PROXY\\"}"';
  const teller = await helper(dir.path, script);
  assertEquals(await teller.get("q.io"), {
    kind: "password",
    username: "ann",
    password: "http://proxy.lan:1",
  });
});

Deno.test("what is wrong with a helper is told without its output", async (t) => {
  using dir = trustedDir();
  const cases: readonly (readonly [string, string, string])[] = [
    ["it fails", "echo canary; echo canary >&2; exit 1", "exit code 1"],
    ["it is killed", "echo canary; kill -9 $$", "exit code 137"],
    ["it prints no JSON", "echo canary", "not valid JSON"],
    ["it prints no object", "echo '\"canary\"'", "expected an object"],
    ["it has no secret", 'echo \'{"Username":"canary"}\'', "expected a string"],
    [
      "it has an odd secret",
      'echo \'{"Username":"a","Secret":["canary"]}\'',
      "expected a string",
    ],
    ["it prints much", "yes canary | head -c 2000000", "printed more than"],
    ["it prints for ever", "yes canary", "no answer"],
    ["it never ends", "echo canary; sleep 60", "no answer"],
  ];
  for (const [name, script, why] of cases) {
    await t.step(name, async () => {
      const helperTimeoutMs = name.includes("ever") ? 1000 : 10_000;
      const odd = await helper(dir.path, script, { helperTimeoutMs });
      const error = await assertRejects(
        () => odd.get("q.io"),
        CommandError,
        why,
      );
      assert(!Deno.inspect(error).includes("canary"), Deno.inspect(error));
    });
  }
});

Deno.test("a helper has a plain name, and is nobody else's", async (t) => {
  for (
    const name of ["", "../x", "a/b", "-x", "a b", "x\n", "x;y", ".", "$x"]
  ) {
    await t.step(JSON.stringify(name), () => {
      assertThrows(() => openHelper(name), CommandError, "that is no name");
    });
  }
  await t.step("that others cannot change", async () => {
    using dir = trustedDir();
    await helper(dir.path, "exit 0");
    const program = dir.join("docker-credential-x");
    await Deno.chmod(program, 0o777);
    const env = { "ORLOP_HELPERS": program };
    assertThrows(
      () => openHelper("x", { env }),
      CommandError,
      `others can write to "${program}"`,
    );
  });
  await t.step("that is there", () => {
    assertThrows(
      () => openHelper("no-such-helper"),
      CommandError,
      'Cannot run "docker-credential-no-such-helper": it is not in',
    );
  });
});

Deno.test("a caller that gives up ends a helper", async () => {
  using dir = trustedDir();
  const controller = new AbortController();
  const { signal } = controller;
  const slow = await helper(dir.path, "sleep 60", { signal });
  const asked = slow.get("q.io");
  setTimeout(() => controller.abort(new Error("enough")), 100);
  await assertRejects(() => asked, Error, "enough");
});
