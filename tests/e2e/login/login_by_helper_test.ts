/** Logins that programs keep, by orlop beside podman. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../../support/peers.ts";
import {
  type LoginPlace,
  loginPlace,
} from "../../support/programs/login_place.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";

/** As `pass` and its kin: a file for each server. */
const KEEPER = `#!/bin/sh
mkdir -p "$HOME/kept" && cd "$HOME/kept" || exit 1
input=$(cat)
none() { echo "credentials not found in native keychain"; exit 1; }
file() { printf %s "$1" | tr /: __; }
case $1 in
store)
	server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
	printf '%s' "$input" >"$(file "$server")"
	;;
get) cat "$(file "$input")" 2>/dev/null || none ;;
erase) rm "$(file "$input")" 2>/dev/null || none ;;
list) sed 's/.*"ServerURL":\\("[^"]*"\\).*/{\\1:"x"}/' ./* 2>/dev/null || echo "{}" ;;
esac
`;
const USER = { name: "ann", password: "secret" };
const LOGIN = [
  ...["login", "--tls-verify=false", "-u", USER.name, "--password-stdin"],
];

Deno.test({
  name: "a helper's logins are podman's, too",
  ...needs("root", "podman", "tar", "mount", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    await using registry = await startRegistry({ user: USER });
    const { host } = registry;
    const input = USER.password;
    const settings: Readonly<Record<string, Record<string, string>>> = {
      "credHelpers": {
        "run/containers/auth.json": JSON.stringify({
          credHelpers: { [host]: "keeper" },
        }),
      },
      "credential-helpers of registries.conf": {
        "home/.config/containers/registries.conf":
          'credential-helpers = ["keeper"]\n',
      },
    };
    for (const [name, files] of Object.entries(settings)) {
      await t.step(name, async () => {
        using place = await placeWith(files);
        const done = await place.run("orlop", [...LOGIN, "-v", host], {
          input,
        });
        assertEquals(
          done.out,
          "Used:  credential helper: keeper\nLogin Succeeded!",
          done.err,
        );
        assertEquals((await place.readAuthFile())?.auths ?? {}, {});
        for (const tool of ["orlop", "podman"]) {
          const { out } = await place.run(tool, ["login", "--get-login", host]);
          assertEquals(out, USER.name);
        }
        const args = ["pull", "--tls-verify=false", `${host}/a`];
        const pulled = await place.run("orlop", args);
        assertStringIncludes(pulled.err, "MANIFEST_UNKNOWN");
        const namespaced = await place.run(
          "orlop",
          ["logout", `${host}/team`],
        );
        assertEquals(namespaced.code, 3);
        const left = await place.run("orlop", ["logout", host]);
        assertEquals(left.out, `Removed login credentials for ${host}`);
        assertEquals((await place.run("orlop", ["logout", host])).code, 3);
        const theirs = await place.run("podman", [...LOGIN, host], { input });
        assertEquals(theirs.code, 0, theirs.err);
        const all = await place.run("orlop", ["logout", "--all"]);
        assertEquals(all.out, "Removed login credentials for all registries");
        const after = await place.run("podman", ["login", "--get-login", host]);
        assert(after.code !== 0);
      });
    }
  },
});

Deno.test({
  name: "a helper that fails keeps no login from being forgotten",
  ...needs("root"),
  fn: async (t) => {
    for (const args of [["logout", "h.io"], ["logout", "--all"]]) {
      await t.step(args.join(" "), async () => {
        using place = await placeWith({
          "home/.config/containers/registries.conf":
            'credential-helpers = ["none", "containers-auth.json"]\n',
          "run/containers/auth.json": '{"auths":{"h.io":{"auth":"YTpi"}}}',
        });
        const { code, err } = await place.run("orlop", args);
        assertEquals(code, 1);
        assertStringIncludes(err, 'Cannot run "docker-credential-none"');
        assertEquals((await place.readAuthFile())?.auths, {});
      });
    }
  },
});

Deno.test({
  name: "docker's file is written as docker does",
  ...needs("root", ...REGISTRY_PROGRAMS),
  fn: async (t) => {
    await using registry = await startRegistry({ user: USER });
    const { host } = registry;
    const input = USER.password;
    const settings = { credsStore: "keeper", HttpHeaders: { a: "b" } };
    using place = await placeWith({
      "config.json": JSON.stringify(settings),
    });
    const file = ["--compat-auth-file", place.join("config.json")];
    await t.step("login", async () => {
      const done = await place.run("orlop", [...LOGIN, ...file, host], {
        input,
      });
      assertEquals(done.code, 0, done.err);
      assertEquals(await place.readAuthFile(place.join("config.json")), {
        ...settings,
        auths: { [host]: {} },
      });
      const get = ["login", "--get-login", ...file, host];
      assertEquals((await place.run("orlop", get)).out, USER.name);
    });
    await t.step("no namespaces", async () => {
      const team = `${host}/team`;
      const { code, err } = await place.run(
        "orlop",
        [...LOGIN, ...file, team],
        { input },
      );
      assertEquals(code, 1);
      assertStringIncludes(err, "docker knows whole registries only");
    });
    await t.step("not two files at once", async () => {
      const both = [...file, "--authfile", place.join("auth.json")];
      const { code, err } = await place.run("orlop", [...LOGIN, ...both, host]);
      assertEquals(code, 2, err);
    });
    await t.step("logout", async () => {
      const left = await place.run("orlop", ["logout", ...file, host]);
      assertEquals(left.code, 0, left.err);
      assertEquals(await place.readAuthFile(place.join("config.json")), {
        ...settings,
        auths: {},
      });
    });
  },
});

async function placeWith(
  files: Readonly<Record<string, string>>,
): Promise<LoginPlace> {
  const place = loginPlace();
  const all = { ...files, "bin/docker-credential-keeper": KEEPER };
  for (const [name, text] of Object.entries(all)) {
    const path = place.join(name);
    const mode = name.startsWith("bin/") ? 0o755 : 0o600;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text, { mode });
  }
  return place;
}
