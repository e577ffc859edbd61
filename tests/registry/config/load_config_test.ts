import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ConfigEnvironment } from "../../../src/registry/config/config_paths.ts";
import { loadRegistriesConf } from "../../../src/registry/config/load_registries_conf.ts";
import { type TempDir, tempDir, writeFiles } from "../../support/temp_dir.ts";

Deno.test("loadRegistriesConf() reads files by podman 6's rule", async (t) => {
  const main = "containers/registries.conf";
  const search = (name: string) => `unqualified-search-registries=["${name}"]`;
  const cases: readonly {
    readonly name: string;
    readonly files: Record<string, string>;
    readonly search: string[] | undefined;
    readonly read: string[];
    readonly uid?: number;
  }[] = [{
    name: "of main files only the user's",
    files: {
      [`usr/${main}`]: search("vendor.io"),
      [`etc/${main}`]: search("admin.io"),
      [`home/.config/${main}`]: "",
    },
    search: undefined,
    read: [`home/.config/${main}`],
  }, {
    name: "the administrator's before the vendor's",
    files: {
      [`usr/${main}`]: search("vendor.io"),
      [`etc/${main}`]: search("admin.io"),
    },
    search: ["admin.io"],
    read: [`etc/${main}`],
  }, {
    name: "the vendor's, if there is no other",
    files: { [`usr/${main}`]: search("vendor.io") },
    search: ["vendor.io"],
    read: [`usr/${main}`],
  }, {
    name: "drop-ins of all folders by their names alone",
    files: {
      [`etc/${main}`]: 'short-name-mode = "disabled"',
      [`home/.config/${main}.d/1.conf`]: search("one.io"),
      [`usr/${main}.d/2.conf`]: search("two.io"),
      [`etc/${main}.d/3.toml`]: "nonsense",
      [`etc/${main}.d/4.conf/5.conf`]: "nonsense",
    },
    search: ["two.io"],
    read: [
      `etc/${main}`,
      `home/.config/${main}.d/1.conf`,
      `usr/${main}.d/2.conf`,
    ],
  }, {
    name: "an empty file masks another of its name",
    files: {
      [`usr/${main}.d/1.conf`]: "nonsense",
      [`etc/${main}.d/1.conf`]: "nonsense",
      [`home/.config/${main}.d/1.conf`]: "",
    },
    search: undefined,
    read: [`home/.config/${main}.d/1.conf`],
  }, {
    name: "root's own folder before that of all",
    files: {
      [`etc/${main}.d/1.conf`]: "nonsense",
      "etc/containers/registries.rootful.conf.d/1.conf": search("root.io"),
      "etc/containers/registries.rootless.conf.d/2.conf": "nonsense",
    },
    search: ["root.io"],
    read: ["etc/containers/registries.rootful.conf.d/1.conf"],
  }, {
    name: "a user's own folder before that of all users",
    uid: 1000,
    files: {
      "etc/containers/registries.rootful.conf.d/2.conf": "nonsense",
      "etc/containers/registries.rootless.conf.d/1.conf": "nonsense",
      "etc/containers/registries.rootless.conf.d/1000/1.conf": search("u.io"),
    },
    search: ["u.io"],
    read: ["etc/containers/registries.rootless.conf.d/1000/1.conf"],
  }];
  for (const { name, files, search, read, uid = 0 } of cases) {
    await t.step(name, async () => {
      using dir = tempDir();
      await writeFiles(dir, files);
      const conf = await loadRegistriesConf(placesIn(dir, { uid }));
      assertEquals(conf.searchRegistries, search);
      assertEquals(conf.files, read.map((path) => dir.join(path)));
    });
  }
});

Deno.test("loadRegistriesConf() reads what variables name", async (t) => {
  const cases: readonly [Record<string, string>, string[]][] = [
    [{ "CONTAINERS_REGISTRIES_CONF": "own" }, ["own"]],
    [{ "REGISTRIES_CONFIG_PATH": "own" }, ["own"]],
    [{
      "CONTAINERS_REGISTRIES_CONF": "own",
      "REGISTRIES_CONFIG_PATH": "none",
    }, ["own"]],
    [{
      "CONTAINERS_REGISTRIES_CONF": "own",
      "CONTAINERS_REGISTRIES_CONF_OVERRIDE": "last",
    }, ["own", "last"]],
    [{ "CONTAINERS_REGISTRIES_CONF_OVERRIDE": "last" }, [
      "etc/containers/registries.conf",
      "etc/containers/registries.conf.d/1.conf",
      "last",
    ]],
  ];
  using dir = tempDir();
  await writeFiles(dir, {
    "etc/containers/registries.conf": "",
    "etc/containers/registries.conf.d/1.conf": "",
    "own": "",
    "last": "",
  });
  for (const [variables, read] of cases) {
    await t.step(JSON.stringify(variables), async () => {
      const env = Object.fromEntries(
        Object.entries(variables).map(([name, path]) => [name, dir.join(path)]),
      );
      const conf = await loadRegistriesConf(placesIn(dir, { env }));
      assertEquals(conf.files, read.map((path) => dir.join(path)));
    });
  }
  await t.step("which must be there", async () => {
    const env = { "CONTAINERS_REGISTRIES_CONF_OVERRIDE": dir.join("none") };
    await assertRejects(
      () => loadRegistriesConf(placesIn(dir, { env })),
      Error,
      'none": no such file',
    );
  });
});

Deno.test("loadRegistriesConf() masks by a link to /dev/null", async () => {
  using dir = tempDir();
  const drop = "containers/registries.conf.d/1.conf";
  await writeFiles(dir, {
    [`usr/${drop}`]: "nonsense",
    "etc/containers/x": "",
  });
  await Deno.mkdir(dir.join("etc/containers/registries.conf.d"));
  await Deno.symlink("/dev/null", dir.join(`etc/${drop}`));
  const conf = await loadRegistriesConf(placesIn(dir));
  assertEquals(conf.files, [dir.join(`etc/${drop}`)]);
});

Deno.test("loadRegistriesConf() reads once for those who share it", async () => {
  using dir = tempDir();
  const path = "etc/containers/registries.conf";
  await writeFiles(dir, { [path]: 'short-name-mode = "disabled"' });
  const readings = new Map();
  const sharing = placesIn(dir, { readings });
  const first = await loadRegistriesConf(sharing);
  await writeFiles(dir, { [path]: 'short-name-mode = "enforcing"' });
  assert(await loadRegistriesConf({ ...sharing }) === first);
  const other = await loadRegistriesConf(placesIn(dir));
  assertEquals(other.shortNameMode, "enforcing");
  // Of other places, too, though they share.
  const env = { HOME: dir.join("elsewhere") };
  const elsewhere = await loadRegistriesConf({ ...sharing, env });
  assertEquals(elsewhere.shortNameMode, "enforcing");
  readings.clear();
  assertEquals(
    (await loadRegistriesConf(sharing)).shortNameMode,
    "enforcing",
  );
});

Deno.test("loadRegistriesConf() requires a file that was named", async () => {
  using dir = tempDir();
  await assertRejects(
    () => loadRegistriesConf({ registriesConf: dir.join("none") }),
    Error,
  );
  const none = await loadRegistriesConf(placesIn(dir));
  assertEquals(none.registries, []);
});

function placesIn(
  dir: TempDir,
  more: ConfigEnvironment = {},
): ConfigEnvironment {
  return {
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    cacheDirectory: dir.join("cache"),
    ...more,
    env: { HOME: dir.join("home"), ...more.env },
  };
}
