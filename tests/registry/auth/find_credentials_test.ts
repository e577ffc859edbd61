import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path";
import { existsSync } from "node:fs";
import {
  CommandError,
  DamagedFileError,
} from "../../../src/errors/store_errors.ts";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import {
  findCredentials,
  lookUpCredentials,
} from "../../../src/registry/auth/find_credentials.ts";
import { listHelpers } from "../../../src/registry/auth/list_helpers.ts";
import type { TempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

const auths = (user: string, key = "q.io") =>
  JSON.stringify({ auths: { [key]: { auth: btoa(`${user}:1`) } } });

async function write(
  dir: TempDir,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = dir.join(name);
    await Deno.mkdir(dirname(path), { recursive: true });
    const mode = name.includes("docker-credential-") ? 0o755 : 0o600;
    await Deno.writeTextFile(path, text, { mode });
  }
}

/** The options that lead to the files in a folder, and nowhere else. */
function within(dir: TempDir, env: Readonly<Record<string, string>> = {}) {
  return {
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    env: {
      HOME: dir.join("home"),
      "XDG_RUNTIME_DIR": dir.join("run"),
      "ORLOP_HELPERS": ["answer", "none", "broken"]
        .map((name) => dir.join(`bin/docker-credential-${name}`)).join(","),
      ...env,
    },
  };
}

Deno.test("lookUpCredentials() takes podman's order of files", async (t) => {
  using dir = trustedDir();
  const files = [
    "run/containers/auth.json",
    "home/.config/containers/auth.json",
    "home/.docker/config.json",
  ];
  await write(
    dir,
    Object.fromEntries(files.map((name) => [name, auths(name)])),
  );
  await write(dir, {
    "home/.dockercfg": JSON.stringify({ "q.io": { auth: btoa("old:1") } }),
    "docker/config.json": auths("docker"),
    "named.json": auths("named"),
  });
  const user = async (options: Parameters<typeof lookUpCredentials>[1]) => {
    const found = await lookUpCredentials("q.io/a", options);
    return found?.credentials.kind === "password"
      ? found.credentials.username
      : found;
  };
  await t.step("--authfile and variables name the only one", async () => {
    const named = dir.join("named.json");
    const docker = { "DOCKER_CONFIG": dir.join("docker") };
    assertEquals(await user({ ...within(dir), authFile: named }), "named");
    assertEquals(await user(within(dir, docker)), "docker");
    assertEquals(
      await user(within(dir, { ...docker, "REGISTRY_AUTH_FILE": named })),
      "named",
    );
    await assertRejects(
      () => user(within(dir, { "REGISTRY_AUTH_FILE": dir.join("none") })),
      Error,
      "no such file",
    );
    await assertRejects(
      () => user({ ...within(dir), authFile: dir.join("none") }),
      Error,
      "no such file",
    );
  });
  for (const name of files) {
    await t.step(name, async () => {
      assertEquals(await user(within(dir)), name);
      const found = await lookUpCredentials("q.io", within(dir));
      assertEquals(found?.source, `"q.io" in "${dir.join(name)}"`);
      // One that has others only is no reason to stop.
      await write(dir, { [name]: auths("other", "other.io") });
    });
  }
  await t.step(".dockercfg", async () => {
    assertEquals(await user(within(dir)), "old");
    assertEquals(await lookUpCredentials("n.io/a", within(dir)), undefined);
  });
  await t.step("a damaged one ends the search", async () => {
    await write(dir, { "run/containers/auth.json": "{" });
    await assertRejects(() => user(within(dir)), DamagedFileError, "line 1");
  });
});

const ANSWER = `#!/bin/sh
read -r server
case "$1 $server" in
"get q.io") echo '{"ServerURL":"q.io","Username":"helped","Secret":"1"}' ;;
"get t.io") echo '{"ServerURL":"t.io","Username":"<token>","Secret":"t"}' ;;
"get https://index.docker.io/v1/") echo '{"Username":"hub","Secret":"1"}' ;;
*) echo "credentials not found in native keychain"; exit 1 ;;
esac
`;
const NONE = `#!/bin/sh
echo "credentials not found in native keychain"; exit 1
`;

Deno.test("findCredentials() asks helpers", async (t) => {
  using dir = trustedDir();
  await write(dir, {
    "bin/docker-credential-answer": ANSWER,
    "bin/docker-credential-none": NONE,
    "bin/docker-credential-broken": "#!/bin/sh\necho secret; exit 3\n",
  });
  const auth = "run/containers/auth.json";
  const docker = "home/.docker/config.json";
  const conf = "etc/containers/registries.conf";
  const helped = { kind: "password", username: "helped", password: "1" };
  const password = (username: string) => ({ ...helped, username });
  const cases: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly image?: string;
    readonly found: unknown;
  }[] = [
    {
      name: "credHelpers before auths of the same file",
      files: {
        [auth]: JSON.stringify({
          auths: { "q.io/a": { auth: btoa("file:1") } },
          credHelpers: { "q.io": "answer" },
        }),
      },
      found: helped,
    },
    {
      name: "the next file if credHelpers has none",
      files: {
        [auth]: '{"credHelpers":{"q.io":"none"}}',
        [docker]: auths("next"),
      },
      found: password("next"),
    },
    {
      name: "an identity token",
      files: { [auth]: '{"credHelpers":{"t.io":"answer"}}' },
      image: "t.io/a",
      found: { kind: "identity-token", token: "t" },
    },
    {
      name: "auths before credsStore",
      files: {
        [docker]: JSON.stringify({
          auths: { "q.io": { auth: btoa("file:1") } },
          credsStore: "answer",
        }),
      },
      found: password("file"),
    },
    {
      name: "credsStore for what docker left empty",
      files: { [docker]: '{"auths":{"q.io":{}},"credsStore":"answer"}' },
      found: helped,
    },
    {
      name: "credsStore by docker's name of its hub",
      files: { [docker]: '{"credsStore":"answer"}' },
      image: "docker.io/library/a",
      found: password("hub"),
    },
    {
      name: "credsStore that fails is passed over",
      files: { [docker]: '{"credsStore":"broken"}' },
      found: undefined,
    },
    {
      name: "helpers of registries.conf in their order",
      files: {
        [conf]: 'credential-helpers = ["none", "answer"]',
        [auth]: auths("file"),
      },
      found: helped,
    },
    {
      name: "the files by their sentinel",
      files: {
        [conf]:
          'credential-helpers = ["none", "containers-auth.json", "answer"]',
        [auth]: auths("file"),
      },
      found: password("file"),
    },
    {
      name: "the next one if one fails",
      files: { [conf]: 'credential-helpers = ["broken", "answer"]' },
      found: helped,
    },
    {
      name: "none of them",
      files: { [conf]: 'credential-helpers = ["none"]' },
      found: undefined,
    },
  ];
  for (const { name, files, image = "q.io/a", found } of cases) {
    await t.step(name, async () => {
      for (const path of [auth, docker, conf]) {
        await write(dir, { [path]: files[path] ?? "" });
      }
      const reference = parseReference(image);
      assertEquals(await findCredentials(reference, within(dir)), found);
    });
  }
  await t.step("an error of the last one is told", async () => {
    await write(dir, {
      [auth]: '{"credHelpers":{"q.io":"broken"}}',
      [docker]: "",
      [conf]: "",
    });
    const error = await assertRejects(
      () => findCredentials(parseReference("q.io/a"), within(dir)),
      CommandError,
    );
    assertStringIncludes(error.message, '"get" ended with exit code 3; run "');
    assert(!Deno.inspect(error).includes("secret"));
  });
  await t.step("a credsStore that fails is warned of", async () => {
    await write(dir, { [auth]: '{"credsStore":"missing"}' });
    const warnings: string[] = [];
    await findCredentials(parseReference("q.io/a"), {
      ...within(dir),
      onWarning: (message) => void warnings.push(message),
    });
    assertEquals(warnings.length, 1);
    assertStringIncludes(
      warnings[0] ?? "",
      `credsStore of "${dir.join(auth)}" is not used: ` +
        'Cannot run "docker-credential-missing"',
    );
  });
});

Deno.test("lookUpCredentials() ends with its caller's signal", async (t) => {
  using dir = trustedDir();
  const ends = '#!/bin/sh\n: >"$HOME/asked"\nexec sleep 60\n';
  await Deno.mkdir(dir.join("home"));
  await write(dir, {
    "bin/docker-credential-answer": ends,
    "bin/docker-credential-none": NONE,
    "run/containers/auth.json": auths("file"),
    "home/.docker/config.json": auths("next"),
  });
  const options = within(dir);
  const cases: Readonly<Record<string, readonly string[] | string>> = {
    "in a helper": ["answer", "containers-auth.json"],
    "in a helper of a file": '{"credHelpers":{"q.io":"answer"}}',
    "in a store of a file": '{"credsStore":"answer"}',
  };
  for (const [name, asked] of Object.entries(cases)) {
    await t.step(name, async () => {
      const isText = typeof asked === "string";
      if (isText) await write(dir, { "run/containers/auth.json": asked });
      const controller = new AbortController();
      const warnings: string[] = [];
      const found = lookUpCredentials("q.io/a", {
        ...options,
        credentialHelpers: isText ? [] : asked,
        signal: controller.signal,
        onWarning: (text) => void warnings.push(text),
      });
      await until(() => existsSync(dir.join("home/asked")));
      controller.abort(new Error("enough"));
      const error = await assertRejects(() => found, Error);
      assertEquals([error.message, warnings], ["enough", []]);
      await Deno.remove(dir.join("home/asked"));
    });
  }
  await t.step("before the first helper", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const credentialHelpers = ["containers-auth.json"];
    await assertRejects(
      () =>
        lookUpCredentials("q.io", { ...options, credentialHelpers, signal }),
      Error,
      "enough",
    );
  });
});

Deno.test("lookUpCredentials() tells the first error, and asks files if none is named", async () => {
  using dir = trustedDir();
  await write(dir, {
    "bin/docker-credential-broken": "#!/bin/sh\nexit 3\n",
    "run/containers/auth.json": auths("file"),
  });
  const look = (...credentialHelpers: readonly string[]) =>
    lookUpCredentials("q.io/a", { ...within(dir), credentialHelpers });
  const found = await look();
  assertEquals(found, {
    credentials: { kind: "password", username: "file", password: "1" },
    source: `"q.io" in "${dir.join("run/containers/auth.json")}"`,
  });
  const error = await assertRejects(() => look("missing", "broken"), Error);
  assertStringIncludes(error.message, "docker-credential-missing");
});

Deno.test("listHelpers() names those that may have to be asked", async () => {
  using dir = trustedDir();
  await write(dir, {
    "etc/containers/registries.conf":
      'credential-helpers = ["a", "containers-auth.json"]',
    "run/containers/auth.json": '{"credHelpers":{"q.io":"b"}}',
    "home/.docker/config.json": '{"credsStore":"c"}',
    "damaged.json": "{",
    "named.json": '{"credsStore":"d"}',
  });
  await Deno.writeTextFile(dir.join("none.json"), '{"auths":{}}');
  assertEquals(
    await listHelpers([dir.join("none.json")], within(dir)),
    new Set(["a", "containers-auth.json", ""]
      .map((name) => `docker-credential-${name}`)),
  );
  const names = async (...files: string[]) =>
    [
      ...await listHelpers(
        files.map((name) => name === "" ? undefined : dir.join(name)),
        within(dir),
      ),
    ]
      .filter((name) => /-[a-d]$/.test(name)).toSorted()
      .map((name) => name.slice(-1)).join("");
  assertEquals(await names(""), "abc");
  assertEquals(await names("named.json", ""), "abcd");
  assertEquals(await names("named.json"), "ad");
  assertEquals(await names("damaged.json"), "a");
});
