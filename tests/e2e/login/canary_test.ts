/** A password is where it must be, and nowhere else. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { walk } from "@std/fs";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  type LoginPlace,
  loginPlace,
} from "../../support/programs/login_place.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { serveHostile } from "../../support/servers/hostile_server.ts";
import {
  REGISTRY_PROGRAMS,
  run,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { startTokenRegistry } from "../../support/servers/token_registry.ts";

const NAME = "ann";
const CANARY = "canary-5d41402abc4b2a76 +x";
const USER = { name: NAME, password: CANARY };
const AUTH = btoa(`${NAME}:${CANARY}`);
/** All that gives it away. */
const FORMS = [
  "canary-5d41402abc4b2a76",
  AUTH,
  AUTH.replaceAll("=", "").slice(0, 30),
];
const BY_STDIN = ["--username", NAME, "--password-stdin"];

/** Runs orlop as loud as can be, with an eye on all programs that it starts. */
async function runWatched(place: LoginPlace, ...args: string[]) {
  const trace = place.join("trace");
  const watch = ["-f", "-v", "-s", "65536", "-e", "trace=execve", "-o", trace];
  const result = await runLoudly(place, ["strace", ...watch, ORLOP], args);
  assertNoCanary(await Deno.readTextFile(trace), "arguments or environment");
  return result;
}

async function runLoudly(
  place: LoginPlace,
  [program = "orlop", ...before]: readonly string[],
  args: readonly string[],
) {
  const log = place.join("log");
  const loud = ["--log-level=debug", "--log-file", log];
  const input = CANARY;
  const { code, out, err } = await place.run(
    program,
    [...before, ...loud, ...args],
    { input },
  );
  const told = `${out}\n${err}`;
  assertNoCanary(told);
  assertNoCanary(await Deno.readTextFile(log).catch(() => ""), "log");
  return { code, told };
}

function assertNoCanary(text: string, where = text): void {
  for (const form of FORMS) assert(!text.includes(form), where);
}

async function assertNoCanaryIn(folder: string): Promise<void> {
  for await (const { path, isFile } of walk(folder, { includeDirs: false })) {
    if (!isFile) continue;
    assertNoCanary(await Deno.readTextFile(path), path);
  }
}

Deno.test({
  name: "a login keeps the password in one file, and tells nobody",
  ...needs("root", "strace", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    await using registry = await startRegistry({ user: USER });
    await using other = await startRegistry({
      user: { name: NAME, password: "other" },
    });
    const login = ["login", "--tls-verify=false", ...BY_STDIN];
    await t.step("that succeeds", async () => {
      using place = loginPlace();
      const { code } = await runWatched(place, ...login, registry.host);
      assertEquals(code, 0);
      const kept = await Deno.readTextFile(place.authFile);
      assertStringIncludes(kept, AUTH);
      await Deno.remove(place.authFile);
      await assertNoCanaryIn(place.join());
    });
    await t.step("that is refused", async () => {
      using place = loginPlace();
      const { code } = await runWatched(place, ...login, other.host);
      assertEquals(code, 6);
      await assertNoCanaryIn(place.join());
    });
    await t.step("whose helper fails", async () => {
      using place = loginPlace();
      await writeAuthFile(
        place,
        JSON.stringify({ credHelpers: { [registry.host]: "bad" } }),
      );
      // So that it comes to the helper's "store".
      await writeHelper(
        place,
        "bad",
        '[ "$1" != get ] || { echo "credentials not found in native ' +
          'keychain"; exit 1; }; tee /dev/stderr; exit 1',
      );
      const { code, told } = await runWatched(place, ...login, registry.host);
      assertEquals(code, 1);
      assertStringIncludes(told, '"store" ended with exit code 1');
      await assertNoCanaryIn(place.join());
    });
  },
});

Deno.test({
  name: "a pull by tokens leaves no password in the store",
  ...needs("root", "strace", "tar", "mount", ...REGISTRY_PROGRAMS),
  fn: async () => {
    using place = loginPlace();
    await using registry = await startTokenRegistry({ user: USER });
    const layout = place.join("layout");
    await writeLayout(layout, [await layerOf({ "a": "b" })]);
    const { host } = registry;
    await run(
      ...["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false"],
      ...["--dest-creds", `${NAME}:${CANARY}`],
      ...[`oci:${layout}`, `docker://${host}/a:1`],
    );
    const { code, told } = await runWatched(
      place,
      ...["pull", ...BY_STDIN, `${host}/a:1`],
    );
    assertEquals(code, 0, told);
    await assertNoCanaryIn(place.join());
  },
});

Deno.test({
  name: "what servers repeat of a login is not shown",
  ...needs("root"),
  fn: async (t) => {
    const html = { "content-type": "text/html" };
    const echoes: Readonly<Record<string, (text: string) => Response>> = {
      "as an error of the specification": (message) =>
        Response.json({ errors: [{ code: message, message }] }, answer(403)),
      "as plain text": (text) => new Response(text, answer(403)),
      "as a web page": (text) =>
        new Response(`<title>${text}</title>`, answer(403, html)),
      "as a message": (message) => Response.json({ message }, answer(501)),
      "as a challenge": (text) =>
        new Response("", answer(403, { "www-authenticate": text })),
      "as a realm": (text) =>
        new Response(
          "",
          answer(403, {
            "www-authenticate": `Bearer realm="${text}",` +
              'error="insufficient_scope",scope="a"',
          }),
        ),
      "as a place to go to": (text) =>
        new Response("", answer(302, { location: `http://10.0.0.1/${text}` })),
      "as a warning": (text) =>
        new Response("{}", answer(200, { warning: `299 - "${text}"` })),
    };
    for (const [name, echo] of Object.entries(echoes)) {
      await t.step(name, async () => {
        using place = loginPlace();
        await using server = serveHostile(({ headers }) => {
          const sent = headers.get("authorization");
          if (sent === null) {
            return new Response(
              "",
              answer(401, { "www-authenticate": 'Basic realm="x"' }),
            );
          }
          const decoded = atob(sent.split(" ")[1] ?? "");
          return echo(`you sent ${sent}, ${decoded}`);
        });
        const host = server.host;
        for (const args of [["login", host], ["pull", `${host}/a`]]) {
          const [command = "", name = ""] = args;
          const { code } = await runLoudly(
            place,
            [],
            [command, ...BY_STDIN, name],
          );
          assert(code !== 0 || command === "login");
        }
        assert(server.requests.length > 0);
        await Deno.remove(place.authFile).catch(() => {}); // most refuse it
        await assertNoCanaryIn(place.join());
      });
    }
  },
});

Deno.test({
  name: "no other host gets a login by a redirect",
  ...needs("root"),
  fn: async () => {
    using place = loginPlace();
    await using elsewhere = serveHostile(() => new Response("no", answer(404)));
    await using server = serveHostile(({ headers, url }) => {
      if (headers.get("authorization") === null) {
        return new Response(
          "",
          answer(401, { "www-authenticate": 'Basic realm="x"' }),
        );
      }
      const { pathname } = new URL(url);
      const location = `http://${elsewhere.host}${pathname}`;
      return new Response("", answer(307, { location }));
    });
    await runLoudly(place, [], ["pull", ...BY_STDIN, `${server.host}/a`]);
    await runLoudly(place, [], ["login", ...BY_STDIN, server.host]);
    assert(elsewhere.requests.length > 0);
    for (const { url, headers } of elsewhere.requests) {
      assertNoCanary(JSON.stringify([url, ...headers]));
    }
  },
});

Deno.test({
  name: "nothing of a damaged credential file is shown",
  ...needs("root"),
  fn: async (t) => {
    const files = [
      CANARY,
      `{"auths":{"h.io":{"auth":${AUTH}}}}`,
      `{"auths":{"h.io":{"auth":"${AUTH}"}}`,
      `{"auths":{"h.io":{"auth":"${AUTH}%"}}}`,
      `{"auths":{"h.io":{"auth":["${AUTH}"]}}}`,
      `{"auths":"${AUTH}"}`,
      `{"auths":{"h.io":{"auth":"${AUTH}","auth":"${AUTH}"}}}`,
    ];
    for (const text of files) {
      await t.step(text, async () => {
        using place = loginPlace();
        await writeAuthFile(place, text);
        for (const words of ["login h.io", "pull h.io/a"]) {
          const { code, told } = await runLoudly(place, [], words.split(" "));
          assertEquals(code, 1, told);
          assertStringIncludes(told, `credential file "${place.authFile}"`);
        }
        // What is wrong with an entry is no reason to keep it.
        await runLoudly(place, [], ["logout", "h.io"]);
      });
    }
  },
});

function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): ResponseInit {
  return { status, headers };
}

async function writeAuthFile(place: LoginPlace, text: string): Promise<void> {
  await Deno.mkdir(place.join("run/containers"), { recursive: true });
  await Deno.writeTextFile(place.authFile, text, { mode: 0o600 });
}

async function writeHelper(
  place: LoginPlace,
  name: string,
  script: string,
): Promise<void> {
  await Deno.mkdir(place.join("bin"), { recursive: true });
  const path = place.join(`bin/docker-credential-${name}`);
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
