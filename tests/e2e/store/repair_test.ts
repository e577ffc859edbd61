/** What `check` finds, `check --repair` puts right, with nothing lost. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { digestOfTree } from "../../support/images/tree_digest.ts";
import { needs } from "../../support/peers.ts";
import { findKillPoints, killAt } from "../../support/programs/kill_points.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { PEERS, sharedStore } from "../../support/programs/shared_store.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import {
  copyOf,
  digestOf,
  KINDS,
  makeTemplate,
  pushSubject,
} from "../../support/store_damage.ts";

const NEEDED = needs(
  ...["root", "tar", "mount", "findmnt"],
  ...PEERS,
  ...REGISTRY_PROGRAMS,
);

Deno.test("check --repair repairs what check finds", NEEDED, async (t) => {
  await using registry = await startRegistry();
  const name = await pushSubject(registry);
  await using template = await makeTemplate(name);
  for (const [what, damage] of KINDS) {
    await t.step(what, async () => {
      await using store = await copyOf(template);
      const { orlop, tryOrlop, podman } = store;
      const whole = digestOfTree(join(store.base, "diff"));
      const own = digestOfTree(join(store.own, "diff"));
      damage(store);
      const found = await tryOrlop("check", "--full");
      assertEquals(found.code, 1, found.err);
      assertStringIncludes(found.out, "damaged");
      const before = digestOf(store);
      const plan = await tryOrlop("check", "--full", "--repair", "--dry-run");
      assertStringIncludes(plan.out, "planned", plan.err);
      assertEquals(digestOf(store), before, "a plan changed something");
      const args = ["--full", "--repair", "--tls-verify=false"];
      const done = await orlop("check", ...args);
      assertStringIncludes(done, "done");
      assertStringIncludes(done, "none damaged");
      assertEquals(digestOfTree(join(store.base, "diff")), whole);
      assertEquals(digestOfTree(join(store.own, "diff")), own);
      assertEquals(store.check(), []);
      assertStringIncludes(await podman("images"), "two");
      assertStringIncludes(await podman("ps", "--all", "--external"), "app");
      const mounted = (await orlop("start", "app")).trim();
      assertEquals(readFileSync(join(mounted, "mine"), "utf8").length, 22);
      await orlop("stop", "app");
    });
  }
});

Deno.test("check reports settings of a container that no one can read", {
  ...NEEDED,
}, async (t) => {
  await using store = sharedStore();
  const { orlop, tryOrlop, root } = store;
  await orlop("pod", "create", "web");
  const [id = ""] = (await orlop("ps", "--all", "-q", "--no-trunc"))
    .split("\n");
  const path = join(root, "overlay-containers", id, "userdata/config.json");
  const text = readFileSync(path, "utf8");
  const cases: Readonly<Record<string, () => void>> = {
    "NULs": () => writeFileSync(path, "\0".repeat(text.length)),
    "a half": () => writeFileSync(path, text.slice(0, text.length / 2)),
    "another kind of JSON": () => writeFileSync(path, "[]"),
    "a directory": () => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  for (const [name, damage] of Object.entries(cases)) {
    await t.step(name, async () => {
      damage();
      const { code, out } = await tryOrlop("check", "--full");
      assertEquals(code, 1, out);
      assertStringIncludes(out, path);
      // What its owner set in it nobody else knows.
      const repair = await tryOrlop("check", "--full", "--repair");
      assertEquals(repair.code, 1, repair.out);
      assertStringIncludes(repair.out, "left");
    });
  }
});

Deno.test(
  "check --repair that is killed leaves a table inconsistent, or restored",
  {
    ...needs("strace", "root", "tar", "mount", "findmnt", ...REGISTRY_PROGRAMS),
  },
  async (t) => {
    await using registry = await startRegistry();
    await using template = await makeTemplate(await pushSubject(registry));
    const damaged = async () => {
      const store = await copyOf(template);
      const path = join(store.root, "overlay-containers/containers.json");
      truncateSync(path, 20);
      const subject = {
        argv: [ORLOP, "check", "--repair"],
        env: {
          ...Deno.env.toObject(),
          ORLOP_DENO: Deno.execPath(),
          ORLOP_ROOT: store.root,
          ORLOP_RUNROOT: store.runRoot,
        },
      };
      return { store, subject };
    };
    const points = await (async () => {
      const { store, subject } = await damaged();
      await using _store = store;
      const below = join(store.root, "overlay-containers");
      const calls = ["linkat", "fdatasync", "rename"];
      return await findKillPoints(subject, { below, calls });
    })();
    for (const point of points) {
      await t.step(`${point.call} ${point.nth}`, async () => {
        const { store, subject } = await damaged();
        await using _store = store;
        await killAt(point, subject);
        const { code } = await store.tryOrlop("gc", "--leftover-age=0s");
        const text = await store.orlop("check", "--repair");
        assertEquals(text.includes("done"), code !== 0, text);
        assertStringIncludes(await store.orlop("ps", "--all"), "app");
        assert(existsSync(join(store.own, "diff/mine")));
      });
    }
  },
);

Deno.test("check reports what it found also if its metrics have no folder", {
  ...needs("root", "mount", "findmnt"),
}, async () => {
  await using store = sharedStore();
  await store.orlop("pod", "create", "web");
  for (const flags of [[], ["--repair"]]) {
    const path = store.join("no/check.prom");
    const { code, out, err } = await store.tryOrlop(
      ...["check", ...flags, "--metrics", path],
    );
    assertEquals(code, 1);
    assertStringIncludes(out, "1 container: none damaged");
    assertStringIncludes(err, "no such file or directory");
  }
});
