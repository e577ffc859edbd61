import { assertEquals } from "@std/assert";
import {
  type ConfigEnvironment,
  configPaths,
  dropInFolders,
  mainFiles,
  REGISTRIES_CONF,
  STORAGE_CONF,
} from "../../../src/registry/config/config_paths.ts";

const PLACES = { systemDirectory: "/s", vendorDirectory: "/v" };

Deno.test("configPaths() finds credentials where podman looks", async (t) => {
  const home = { "HOME": "/h" };
  const cases: readonly (readonly [string, ConfigEnvironment, string[]])[] = [
    ["root, with nothing set", {}, ["/run/containers/0/auth.json"]],
    ["a user, with nothing set", { uid: 7 }, ["/run/containers/7/auth.json"]],
    ["a home", { env: home, uid: 7 }, [
      "/run/containers/7/auth.json",
      "/h/.config/containers/auth.json",
      "/h/.docker/config.json",
      "/h/.dockercfg",
    ]],
    ["a session", { env: { "XDG_RUNTIME_DIR": "/r" }, uid: 7 }, [
      "/r/containers/auth.json",
    ]],
    ["settings elsewhere", { env: { ...home, "XDG_CONFIG_HOME": "/c" } }, [
      "/run/containers/0/auth.json",
      "/c/containers/auth.json",
      "/h/.docker/config.json",
      "/h/.dockercfg",
    ]],
    ["docker's", { env: { ...home, "DOCKER_CONFIG": "/d" } }, [
      "/d/config.json",
    ]],
    ["a named file, before docker's", {
      env: { ...home, "DOCKER_CONFIG": "/d", "REGISTRY_AUTH_FILE": "/f" },
    }, ["/f"]],
    ["empty variables are none", {
      env: { "DOCKER_CONFIG": "", "REGISTRY_AUTH_FILE": "" },
    }, ["/run/containers/0/auth.json"]],
  ];
  for (const [name, environment, auth] of cases) {
    await t.step(name, () => {
      assertEquals(configPaths(environment).auth, auth);
    });
  }
});

Deno.test("configPaths() finds where short names are noted", async (t) => {
  const file = "short-name-aliases.conf";
  const cases: readonly (readonly [string, ConfigEnvironment, string])[] = [
    ["root", { env: { "HOME": "/h" } }, `/var/cache/containers/${file}`],
    ["root, elsewhere", { cacheDirectory: "/k" }, `/k/containers/${file}`],
    [
      "a user",
      { uid: 7, env: { "HOME": "/h" } },
      `/h/.cache/containers/${file}`,
    ],
    ["a user's cache", {
      uid: 7,
      env: { "HOME": "/h", "XDG_CACHE_HOME": "/x" },
    }, `/x/containers/${file}`],
    ["a user without a home", { uid: 7 }, `/var/cache/containers/${file}`],
  ];
  for (const [name, environment, aliases] of cases) {
    await t.step(name, () => {
      assertEquals(configPaths(environment).aliases, aliases);
    });
  }
});

Deno.test("configPaths() finds certificates, docker's last", () => {
  assertEquals(configPaths({ ...PLACES, env: { "HOME": "/h" } }).certs, [
    "/h/.config/containers/certs.d",
    "/s/containers/certs.rootful.d",
    "/s/containers/certs.d",
    "/v/containers/certs.rootful.d",
    "/v/containers/certs.d",
    "/s/docker/certs.d",
  ]);
  assertEquals(configPaths({}).certs.at(-1), "/etc/docker/certs.d");
});

Deno.test("mainFiles() lists the user's first, then the host's, the vendor's", () => {
  assertEquals(mainFiles(REGISTRIES_CONF, { env: { "HOME": "/h" } }), [
    "/h/.config/containers/registries.conf",
    "/etc/containers/registries.conf",
    "/usr/share/containers/registries.conf",
  ]);
  assertEquals(mainFiles(STORAGE_CONF, PLACES), [
    "/s/containers/storage.conf",
    "/v/containers/storage.conf",
  ]);
});

Deno.test("dropInFolders() has folders of root's, and of a user's own", () => {
  assertEquals(dropInFolders(STORAGE_CONF, PLACES), [
    "/s/containers/storage.rootful.conf.d",
    "/s/containers/storage.conf.d",
    "/v/containers/storage.rootful.conf.d",
    "/v/containers/storage.conf.d",
  ]);
  const user = { ...PLACES, uid: 7, env: { "XDG_CONFIG_HOME": "/c" } };
  assertEquals(dropInFolders(STORAGE_CONF, user), [
    "/c/containers/storage.conf.d",
    "/s/containers/storage.rootless.conf.d/7",
    "/s/containers/storage.rootless.conf.d",
    "/s/containers/storage.conf.d",
    "/v/containers/storage.rootless.conf.d/7",
    "/v/containers/storage.rootless.conf.d",
    "/v/containers/storage.conf.d",
  ]);
});

Deno.test("variables that name one file are the documented ones", () => {
  assertEquals(REGISTRIES_CONF.variables, [
    "CONTAINERS_REGISTRIES_CONF",
    "REGISTRIES_CONFIG_PATH",
  ]);
  assertEquals(STORAGE_CONF.variables, ["CONTAINERS_STORAGE_CONF"]);
});
