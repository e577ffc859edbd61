/** Logins to a registry whose token service is apart from it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { loginPlace } from "../../support/programs/login_place.ts";
import {
  startTokenRegistry,
  TOKEN_PROGRAMS,
} from "../../support/servers/token_registry.ts";

const USER = { name: "ann", password: "pass: wörd" };

Deno.test({
  name: "logins to a token service are used by orlop and by skopeo",
  ...needs("root", "tar", "mount", ...TOKEN_PROGRAMS),
  fn: async (t) => {
    using place = loginPlace();
    const layout = place.join("layout");
    await writeLayout(layout, [await layerOf({ "a": "b" })]);
    const kinds = ["none", "given but not taken", "given"] as const;
    for (const refreshTokens of kinds) {
      await t.step(`refresh tokens: ${refreshTokens}`, async () => {
        const user = USER;
        await using registry = await startTokenRegistry({
          user,
          refreshTokens,
        });
        const { host } = registry;
        const isToken = refreshTokens === "given";
        const login = ["login", "--username", user.name, "--password-stdin"];
        const done = await place.run("orlop", [...login, host], {
          input: user.password,
        });
        assertEquals([done.code, done.out], [0, "Login Succeeded!"], done.err);
        const { auths } = await place.readAuthFile() ?? { auths: {} };
        assertEquals("identitytoken" in (auths[host] ?? {}), isToken);
        const { out } = await place.run("orlop", [
          "login",
          "--get-login",
          host,
        ]);
        assertEquals(out, user.name);
        // skopeo pushes by the login that orlop has written.
        const pushed = await place.run("skopeo", [
          ...["--insecure-policy", "copy", "--dest-tls-verify=false"],
          ...[`oci:${layout}`, `docker://${host}/a:1`],
        ]);
        assertEquals(pushed.code, 0, pushed.err);
        const pulled = await place.run("orlop", ["pull", `${host}/a:1`]);
        assertEquals(pulled.code, 0, pulled.err);
        assertEquals(registry.asked.at(-1)?.method, isToken ? "POST" : "GET");
        const again = await place.run("orlop", ["login", host]);
        assertStringIncludes(again.out, "Existing credentials are valid");
      });
    }
  },
});

Deno.test({
  name: "an identity token that has ended is as no login",
  ...needs(...TOKEN_PROGRAMS),
  fn: async () => {
    using place = loginPlace();
    const user = USER;
    await using registry = await startTokenRegistry({
      ...{ user, refreshTokens: "given" },
    });
    const { host } = registry;
    const args = ["login", "--username", user.name, "--password-stdin", host];
    const input = user.password;
    assertEquals((await place.run("orlop", args, { input })).code, 0);
    registry.refreshTokens.clear();
    const ended = await place.run("orlop", ["login", host]);
    assertStringIncludes(ended.out, "Existing credentials are invalid");
    assertStringIncludes(ended.err, "Cannot ask for the user's name");
    const pulled = await place.run("orlop", ["pull", `${host}/a:1`]);
    assertEquals(pulled.code, 6, pulled.err);
    assertEquals((await place.run("orlop", args, { input })).code, 0);
    const left = await place.run("orlop", ["logout", host]);
    assertEquals(left.out, `Removed login credentials for ${host}`);
    assertEquals((await place.readAuthFile())?.auths, {});
  },
});

Deno.test({
  name: "a token service's refusal is final, and keeps nothing",
  ...needs(...TOKEN_PROGRAMS),
  fn: async () => {
    using place = loginPlace();
    await using registry = await startTokenRegistry({ user: USER });
    const { host } = registry;
    const args = ["login", "--username=ann", "--password-stdin", host];
    const { code, out, err } = await place.run("orlop", args, {
      input: "wrong",
    });
    assertEquals([code, out], [6, ""]);
    assertStringIncludes(err, `"${host}": invalid username/password`);
    // No guessing: accounts are locked for that.
    assertEquals(registry.asked.length, 1);
    assertEquals(await place.readAuthFile(), undefined);
  },
});
