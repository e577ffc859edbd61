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

Deno.test("what a helper prints is a password, an identity token, or nothing", async (t) => {
  using dir = trustedDir();
  const text = "credentials not found in native keychain";
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["a password", '{"Username":"ann","Secret":"s"}', {
      ...{ kind: "password", username: "ann", password: "s" },
    }],
    ["a token", '{"Username":"<token>","Secret":"s"}', {
      ...{ kind: "identity-token", token: "s" },
    }],
    ["no name", '{"Secret":"s"}', {
      ...{ kind: "password", username: "", password: "s" },
    }],
    ["no secret", '{"Username":"ann","Secret":""}', {
      ...{ kind: "password", username: "ann", password: "" },
    }],
    ["neither", '{"Username":"","Secret":""}', undefined],
  ];
  for (const [name, answer, expected] of cases) {
    await t.step(name, async () => {
      const teller = await helper(dir.path, `echo '${answer}'`);
      assertEquals(await teller.get("q.io"), expected);
    });
  }
  for (const answer of ["", "{}", "null"]) {
    await t.step(`the list "${answer}"`, async () => {
      const lister = await helper(dir.path, `printf '%s' '${answer}'`);
      assertEquals(await lister.list(), []);
    });
  }
  await t.step("no list", async () => {
    const lister = await helper(dir.path, `echo " ${text} "; exit 1`);
    assertEquals(await lister.list(), []);
    assertEquals(await lister.get("q.io"), undefined);
    assert(!await lister.erase("q.io"));
  });
  await t.step("that it has none, but as an answer", async () => {
    const odd = await helper(dir.path, `echo "${text}"`);
    await assertRejects(() => odd.get("q.io"), CommandError, "not valid JSON");
  });
});

Deno.test("a helper that fails is told by each action", async (t) => {
  using dir = trustedDir();
  const failing = await helper(dir.path, "exit 7");
  const login = { username: "a", secret: "s" };
  const actions = {
    get: () => failing.get("q.io"),
    store: () => failing.store("q.io", login),
    erase: () => failing.erase("q.io"),
    list: () => failing.list(),
  };
  for (const [name, act] of Object.entries(actions)) {
    await t.step(name, async () => {
      const error = await assertRejects<CommandError>(act, CommandError);
      const program = dir.join("docker-credential-x");
      assertEquals(
        [error.message, error.exitCode],
        [
          `Cannot ask credential helper "x": "${name}" ended with exit code ` +
          `7; run "${program} ${name}" to see why`,
          7,
        ],
      );
    });
  }
});

Deno.test("a helper may print 1 MiB, and has a home", async () => {
  using dir = trustedDir();
  const of = (bytes: number) =>
    helper(
      dir.path,
      `printf '{"Username":"a","Secret":"'; head -c ${
        bytes - 28
      } /dev/zero | ` +
        `tr '\\0' x; printf '"}'`,
    );
  const most = 1024 * 1024;
  const found = await (await of(most)).get("q.io");
  assertEquals(found?.kind === "password" && found.password.length, most - 28);
  const more = await of(most + 1);
  await assertRejects(() => more.get("q.io"), CommandError, "printed more");
  const script = `echo "{\\"Username\\":\\"a\\",\\"Secret\\":\\"$HOME\\"}"`;
  await helper(dir.path, script);
  const program = dir.join("docker-credential-x");
  for (const [home, expected] of [["/h", "/h"], [undefined, "/nonexistent"]]) {
    const env = { HOME: home, "ORLOP_HELPERS": `,/none/y,${program}` };
    assertEquals(await openHelper("x", { env }).get("q.io"), {
      kind: "password",
      username: "a",
      password: expected ?? "",
    });
  }
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
    const name of [
      "",
      "../x",
      "a/b",
      "-x",
      "a b",
      "x\n",
      "\nx",
      "x;y",
      ".",
      ".x",
      "$x",
    ]
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
