import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { basename, fromFileUrl } from "@std/path";
import { existsSync } from "node:fs";
import {
  type Command,
  KNOWN_HELPERS,
  PROGRAMS,
} from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { placesOf } from "../../src/process/find_program.ts";
import { KEPT } from "../../src/process/callers_variable.ts";
import { PROXY_NAMES } from "../../src/registry/proxy/proxy_rules.ts";
import { ENVIRONMENT_NAMES } from "../../src/registry/config/config_paths.ts";
import { tempDir } from "../support/temp_dir.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Calls the launcher with a Deno that prints its arguments, a line each. */
async function launch(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string[]> {
  return (await launchAndListen(args, env)).flags;
}

/** As `launch()`, and what it says. */
async function launchAndListen(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ flags: string[]; said: string }> {
  using dir = tempDir();
  const stub = dir.join("deno");
  await Deno.writeTextFile(
    stub,
    `#!/bin/sh\n[ "$1" = run ] || exit 0\nprintf '%s\\n' "$@"\n`,
    { mode: 0o755 },
  );
  const { stdout, stderr, success } = await new Deno.Command(
    `${root}scripts/orlop`,
    {
      args: ["--config", dir.join("none"), ...args],
      cwd: "/",
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin",
        ORLOP_DENO: stub,
        DENO_DIR: dir.path,
        ...env,
      },
    },
  ).output();
  const [out = "", said = ""] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes).trimEnd());
  assert(success, said);
  return { flags: out.split("\n"), said };
}

function isInstalled(program: string): boolean {
  return placesOf(program).some((path) => existsSync(path));
}

function valueOf(flags: readonly string[], name: string): string[] {
  return flags.filter((flag) => flag.startsWith(`${name}=`))
    .flatMap((flag) => flag.slice(name.length + 1).split(","));
}

/** Every way to call a command, by its names and aliases. */
function pathsOf(command: Command, path: string[] = []): [string[], Command][] {
  return (command.commands ?? []).flatMap((child) =>
    [child.name, ...child.aliases ?? []].flatMap((name) =>
      child.commands
        ? pathsOf(child, [...path, name])
        : [[[...path, name], child] satisfies [string[], Command]]
    )
  );
}

function valueFlagsOf({ flags = {} }: Command): string[] {
  return Object.entries(flags)
    .filter(([, { type }]) => type !== "boolean" && type !== "tristate")
    .flatMap(([name, { short }]) => [`--${name}`, short ? `-${short}` : []])
    .flat();
}

/** The words of all lists in the script whose names fit. */
function listsOf(script: string, names: RegExp): string[] {
  return [...script.matchAll(/^(\w+)=" ([^"]*)"$/gm)]
    .filter(([, name = ""]) => names.test(name))
    .flatMap(([, , words = ""]) => words.split(/[\s\\]+/))
    .filter((word) => word !== "");
}

/** What makes commands need all that they may need. */
const WITH_ALL: Readonly<Record<string, readonly string[]>> = {
  copy: ["docker://a", "dir:/b"],
  check: ["--repair"],
  "run": ["--detach", "--network=x"],
  "pod create": ["--network=x"],
};

Deno.test("the launcher grants what the table of commands says", async (t) => {
  for (const [path, { needs = [] }] of pathsOf(COMMANDS)) {
    await t.step(path.join(" "), async () => {
      const words = WITH_ALL[path.join(" ")] ?? [];
      const flags = await launch([...path, ...words]);
      const run = valueOf(flags, "--allow-run");
      assertEquals(flags.includes("--allow-net"), needs.includes("net"));
      assert(run.every((path) => path.startsWith("/")));
      const granted = new Set(
        run.map((path) => basename(path))
          .filter((name) => !name.startsWith("docker-credential-")),
      );
      const expected = new Set(
        Object.entries(PROGRAMS)
          .filter(([need]) => needs.some((name) => name === need))
          .flatMap(([, names]) => [...names]).filter(isInstalled),
      );
      assertEquals([...granted].toSorted(), [...expected].toSorted());
      assert(!flags.includes("-A") && !flags.includes("--allow-all"));
    });
  }
});

Deno.test("the launcher lets run join networks only where it is asked to", async (t) => {
  const table: readonly (readonly [string, boolean])[] = [
    ["run x", false],
    ["run --network host x -p 80:80", false],
    ["run --network none x", false],
    ["run --network=host x", false],
    ["run --uts host x", false],
    ["run -e p x", false],
    ["run --network front x", true],
    ["run --network=front x", true],
    ["run -p 80:80 x", true],
    ["run -itp80:80 x", true],
    ["run --publish 80:80 x", true],
    ["create -p 80:80 x", false],
    ["pod create x", false],
    ["pod create --network none x", false],
    ["pod create --name -p x", false],
    ["pod create --network front x", true],
    ["pod create -p 80:80 x", true],
  ];
  for (const [line, expected] of table) {
    await t.step(line, async () => {
      const run = valueOf(await launch(line.split(" ")), "--allow-run");
      assertEquals(run.some((path) => basename(path) === "flock"), expected);
    });
  }
});

Deno.test("the launcher lets run detach only what is to be detached", async (t) => {
  const table: readonly (readonly [string, boolean])[] = [
    ["run x", false],
    ["run -it x -d", false],
    ["run --env --detach x", false],
    ["run -e d x", false],
    ["run -ed x", false],
    ["run -d x", true],
    ["run -itd x", true],
    ["run --rm --detach x", true],
  ];
  for (const [line, expected] of table) {
    await t.step(line, async () => {
      const flags = await launch(line.split(" "));
      const run = valueOf(flags, "--allow-run");
      assertEquals(run.some((path) => path.endsWith("/sh")), expected);
    });
  }
});

Deno.test("the launcher looks at CAs only for what reaches registries", async (t) => {
  using dir = tempDir(); // where others can write
  const table: readonly (readonly [string, boolean])[] = [
    ["pull x", true],
    ["run x", true],
    ["copy docker:x oci:y", true],
    ["copy oci:x oci:y", false],
    ["images", false],
    ["version", false],
  ];
  for (const [line, expected] of table) {
    await t.step(line, async () => {
      const { said } = await launchAndListen(line.split(" "), {
        "SSL_CERT_FILE": dir.join("ca.crt"),
        "SSL_CERT_DIR": dir.path,
      });
      for (const name of ["SSL_CERT_FILE", "SSL_CERT_DIR"]) {
        assertEquals(said.includes(`${name} is not used`), expected, said);
      }
    });
  }
});

Deno.test("the launcher grants libc where there is a store to lock", async (t) => {
  for (
    const line of ["", "--version", "version", "help run", "completion sh"]
  ) {
    await t.step(line, async () => {
      const flags = await launch(line.split(" ").filter(Boolean));
      assertEquals(flags.filter((flag) => /^--allow-ffi/.test(flag)), []);
    });
  }
  const flags = await launch(["images"]);
  assertEquals(flags.filter((flag) => /^--allow-ffi=/.test(flag)).length, 1);
});

Deno.test("the launcher grants writing to the store only", async (t) => {
  const store = ["/var/lib/orlop", "/run/orlop"];
  const cases: [string, string[], Record<string, string>, string[]][] = [
    ["by default", ["images"], {}, store],
    ["by flags", ["--root", "/a b", "images", "--runroot=/c"], {}, [
      "/a b",
      "/c",
    ]],
    ["by the environment", ["images"], {
      ORLOP_ROOT: "/a",
      ORLOP_RUNROOT: "b",
    }, ["/a", "/b"]],
    ["flags first", ["images", "--root=/b"], { ORLOP_ROOT: "/a" }, [
      "/b",
      "/run/orlop",
    ]],
    [
      "whatever a container is told",
      ["run", "-e", "A", "x", "--root", "/a"],
      {},
      store,
    ],
    [
      "also of container create",
      [
        "container",
        "create",
        "-v",
        "/x:/y",
        "x",
        "--root",
        "/a",
      ],
      {},
      store,
    ],
    ["after a switch", ["df", "-v", "--root", "/a"], {}, ["/a", "/run/orlop"]],
    ["whatever follows --", ["images", "--", "--root", "/a"], {}, store],
    ["whatever an argument names", ["pull", "oci:/a:tag"], {}, store],
    [
      "and beside the metrics of gc",
      ["gc", "--metrics", "/a/b.prom"],
      {},
      ["/a/", ...store],
    ],
    ["and where schedules are", ["schedule", "cron"], {}, [
      ...store,
      "/etc/cron.d",
      "/etc/systemd/system",
    ]],
    ["and where credentials are", ["login", "x"], {}, [
      ...store,
      `/run/containers/${Deno.uid()}`,
    ]],
    [
      "and where variables say so",
      ["logout", "-u", "--authfile", "x"],
      { "XDG_RUNTIME_DIR": "/a", "DOCKER_CONFIG": "/b" },
      [...store, "/b", "/a/containers", `/run/containers/${Deno.uid()}`],
    ],
    [
      "and beside the file for credentials",
      ["login", "-u", "ann", "--authfile", "/a/b.json", "x"],
      { "DOCKER_CONFIG": "/c" },
      [...store, "/a/"],
    ],
    [
      "and beside docker's",
      ["logout", "--compat-auth-file=/a/b.json", "x"],
      {},
      [...store, "/a/"],
    ],
    [
      "and beside the one that the environment names",
      ["login", "x"],
      { "REGISTRY_AUTH_FILE": "/a/b.json", "DOCKER_CONFIG": "/c" },
      [...store, "/a/"],
    ],
    [
      "whatever file of credentials others only read",
      ["pull", "--authfile", "/a/b.json", "x"],
      { "REGISTRY_AUTH_FILE": "/a/b.json", "DOCKER_CONFIG": "/c" },
      store,
    ],
    ["and the log", ["images", "--log-file", "/a"], {}, ["/a", ...store]],
    [
      "and the file for a container's ID",
      ["run", "-it", "--cidfile", "/a", "x"],
      {},
      ["/a", ...store],
    ],
    [
      "whatever short flags are grouped",
      ["run", "-itv", "/x:/y", "-eA", "--root", "/a", "x"],
      {},
      ["/a", "/run/orlop"],
    ],
    [
      "whatever stands behind a group with a value in it",
      ["run", "-itu0", "x", "--root", "/a"],
      {},
      store,
    ],
  ];
  for (const [name, args, env, expected] of cases) {
    await t.step(name, async () => {
      const flags = await launch(args, env);
      assertEquals(valueOf(flags, "--allow-write"), expected);
    });
  }
});

// What the package `yaml` asks for.
const DEVICE_NAMES = ["LOG_STREAM", "LOG_TOKENS"];

Deno.test("the launcher grants what of the environment a container gets", async (t) => {
  const usual = valueOf(await launch(["images"]), "--allow-env");
  const cases: [string[], string[] | "all"][] = [
    [["-e", "A", "x"], ["A", "ORLOP_ENV_A"]],
    [["-ite", "A", "-eB", "x"], ["A", "ORLOP_ENV_A", "B", "ORLOP_ENV_B"]],
    [["--env=A", "-e=B", "x"], ["A", "ORLOP_ENV_A", "B", "ORLOP_ENV_B"]],
    [["-e", "A=1", "--env=B=$C", "x"], []],
    [["-e", "A,B", "-e", "A B", "-e", "A;B", "x"], []],
    [["x", "-e", "A"], []],
    [["-e", "A*", "x"], "all"],
    [["-e", "*", "-e", "A", "x"], "all"],
    [["--env-host", "x"], "all"],
    [["--env-file", "f", "x"], "all"],
    [["--env-file=f", "x"], "all"],
    [["x", "--env-host"], []],
  ];
  for (const [args, expected] of cases) {
    await t.step(args.join(" "), async () => {
      const flags = await launch(["run", ...args]);
      if (expected === "all") assert(flags.includes("--allow-env"));
      else {
        assertEquals(valueOf(flags, "--allow-env"), [
          ...[...usual, ...expected, ...DEVICE_NAMES],
          ...PROXY_NAMES.map((name) => KEPT + name),
        ]);
      }
    });
  }
  await t.step("for containers only", async () => {
    const flags = await launch(["images", "-e", "A", "--env-host"]);
    assertEquals(valueOf(flags, "--allow-env"), usual);
  });
});

Deno.test("the launcher grants the runtime that is named", async () => {
  const run = async (...args: string[]) =>
    valueOf(await launch(args), "--allow-run");
  const usual = await run("run", "x");
  const runtime = "/bin/true";
  assert((await run("run", "--runtime", runtime, "x")).includes(runtime));
  assertEquals(await run("run", "--runtime=runc", "x"), usual);
  assertEquals(await run("run", "x", "--runtime", runtime), usual);
  assertEquals(await run("run", "--runtime", "/bin/a,/bin/b", "x"), usual);
});

Deno.test("the launcher grants credential helpers of the caller's PATH", async (t) => {
  using dir = tempDir();
  const make = async (path: string, mode: number) => {
    await Deno.mkdir(dir.join(path, ".."), { recursive: true });
    await Deno.writeTextFile(dir.join(path), "#!/bin/sh\n", { mode });
  };
  await make("a/docker-credential-x", 0o755);
  await make("a/docker-credential-data", 0o644);
  await make("a/docker-credential-x,b", 0o755);
  await make("b/docker-credential-x", 0o755);
  await make("b/other", 0o755);
  await Deno.mkdir(dir.join("a/docker-credential-dir"));
  const PATH = `${dir.join("a")}/:.:b::${dir.join("b")}:/none:/usr/bin`;
  const own = async (...args: string[]) =>
    valueOf(await launch(args, { PATH }), "--allow-run")
      .filter((path) => path.startsWith(dir.path));
  const expected = ["a", "b"]
    .map((folder) => dir.join(folder, "docker-credential-x"));
  for (const command of ["pull", "run"]) {
    await t.step(command, async () => {
      assertEquals(await own(command, "x"), expected);
    });
  }
  await t.step("to no command that asks none", async () => {
    assertEquals(await own("images"), []);
  });
});

Deno.test("the launcher reads the settings' file", async () => {
  using dir = tempDir();
  const config = dir.join("orlop.toml");
  await Deno.writeTextFile(config, `# "a"\nroot = "/a b" # b\nrunroot='/c'\n`);
  const flags = await launch(["images", "--config", config]);
  assertEquals(valueOf(flags, "--allow-write"), ["/a b", "/c"]);
});

Deno.test("the launcher grants serve what flags and [serve] say", async (t) => {
  using dir = tempDir();
  const config = dir.join("orlop.toml");
  const plugins = dir.join("plugins");
  await Deno.mkdir(plugins);
  await Deno.writeTextFile(`${plugins}/a`, "", { mode: 0o755 });
  const settings = [
    'root = "/a"',
    "[serve]",
    'listen = "unix:///x/y.sock"',
    `cni_bin_dir = "/none:${plugins}"`,
    'runtime = "/bin/true"',
    "[other]",
    'root = "/b"',
  ];
  await Deno.writeTextFile(config, settings.join("\n"));
  const ofPlugins = (flags: readonly string[]) =>
    valueOf(flags, "--allow-run").filter((path) => path.startsWith(dir.path));
  await t.step("settings", async () => {
    const flags = await launch(["serve", "--config", config]);
    assertEquals(valueOf(flags, "--allow-write"), ["/a", "/run/orlop", "/x/"]);
    // timeout(1) runs them.
    assertEquals(ofPlugins(flags), []);
    assert(valueOf(flags, "--allow-run").includes("/bin/true"));
    assert(valueOf(flags, "--allow-env").includes("NOTIFY_SOCKET"));
  });
  await t.step("flags before them", async () => {
    const own = ["--listen", "unix:///z/s", "--cni-bin-dir=/none"];
    const runtime = ["--runtime", "/bin/false"];
    const flags = await launch([
      "serve",
      "--config",
      config,
      ...own,
      ...runtime,
    ]);
    assertEquals(valueOf(flags, "--allow-write"), ["/a", "/run/orlop", "/z/"]);
    assertEquals(ofPlugins(flags), []);
    const run = valueOf(flags, "--allow-run");
    assertEquals(
      ["/bin/true", "/bin/false"].map((path) => run.includes(path)),
      [
        false,
        true,
      ],
    );
  });
  await t.step("to no other command", async () => {
    const flags = await launch(["images", "--config", config]);
    assertEquals(valueOf(flags, "--allow-write"), ["/a", "/run/orlop"]);
    assertEquals(valueOf(flags, "--allow-run"), []);
    assertFalse(valueOf(flags, "--allow-env").includes("NOTIFY_SOCKET"));
  });
});

Deno.test("the launcher grants what a command line needs, and no more", async (t) => {
  const store = ["/var/lib/orlop", "/run/orlop"];
  const cases: readonly (readonly [string, "net" | "no net", string[]])[] = [
    ["copy oci:/a dir:/b", "no net", ["/b"]],
    ["copy docker://a oci:/b:1", "net", ["/b"]],
    ["copy oci:/a docker://b", "net", []],
    ["copy -q --format oci oci:/a dir:/b", "no net", ["/b"]],
    ["copy --src-creds docker:x oci:/a dir:/b", "no net", ["/b"]],
    ["copy -f v2s2 -- oci:/a oci:/b:c", "no net", ["/b"]],
    ["copy oci:/a oci-archive:/b/c.tar:1", "no net", ["/b/"]],
    ["copy oci:/a docker-archive:/b/c.tar", "no net", ["/b/"]],
    ["copy oci:/a containers-storage:b", "no net", []],
    [
      "copy oci:/a containers-storage:[overlay@/b+/c:o=1]d",
      "no net",
      ["/b", "/c"],
    ],
    ["copy --digestfile /b/c oci:/a docker://d", "net", ["/b/"]],
    ["push a", "net", []],
    ["push a docker://b", "net", []],
    ["push dir:/a", "net", []],
    ["push a dir:/b", "net", ["/b"]],
    ["image push -f oci --creds u:p a oci:/b:1", "net", ["/b"]],
    ["push --digestfile /b/c -- a d", "net", ["/b/"]],
    ["save -o /b/c.tar a", "no net", ["/b/"]],
    ["save --format oci-dir -o /b a", "no net", ["/b"]],
    ["save --format=docker-dir --output=/b a", "no net", ["/b"]],
    ["save a", "no net", ["/dev/stdout"]],
    ["image save -qo /b/c.tar a", "no net", ["/b/"]],
    ["images oci:/a dir:/b -o /b", "no net", []],
    ["check --full", "no net", []],
    ["check --full --repair --dry-run", "net", []],
  ];
  for (const [line, net, places] of cases) {
    await t.step(line, async () => {
      const flags = await launch(line.split(" "));
      assertEquals(flags.includes("--allow-net"), net === "net");
      const writable = valueOf(flags, "--allow-write");
      assertEquals(
        writable.filter((path) => !store.includes(path)).toSorted(),
        places.toSorted(),
      );
    });
  }
});

Deno.test("the launcher hands on all arguments as they are", async () => {
  const args = ["run", "-it", "x", "", "a  b", "$HOME", "--", "--root"];
  const flags = await launch(args);
  assertEquals(flags.slice(-args.length), args);
});

Deno.test("the launcher agrees with the source", async (t) => {
  const script = await Deno.readTextFile(`${root}scripts/lib/permissions.sh`);
  await t.step("on names of the environment", async () => {
    const flags = await launch(["pull"]);
    assertEquals(
      valueOf(flags, "--allow-env").toSorted(),
      [
        ...["ORLOP_PROGRAM", "ORLOP_ROOT", "ORLOP_RUNROOT"],
        ...["ORLOP_HOME", "ORLOP_STDOUT", "TERM"],
        ...[...ENVIRONMENT_NAMES, ...PROXY_NAMES.map((name) => KEPT + name)],
      ].toSorted(),
    );
  });
  await t.step("on helpers for a compiled program", () => {
    const [, known = ""] = /^known_helpers="([^"]*)"$/m.exec(script) ?? [];
    assertEquals(known.split(" "), [...KNOWN_HELPERS]);
  });
  await t.step("on places of libc", async () => {
    const source = await Deno.readTextFile(`${root}src/process/bind_libc.ts`);
    const paths = source.match(/"\/[^"]*libc\.so\.6"/g) ?? [];
    assert(paths.length > 0);
    for (const path of paths) assertStringIncludes(script, path.slice(1, -1));
  });
  await t.step("on places of programs", async () => {
    const source = await Deno.readTextFile(
      `${root}src/process/find_program.ts`,
    );
    const folders = source.match(/"\/[^"]*bin"/g) ?? [];
    assert(folders.length > 0);
    assertStringIncludes(
      script,
      folders.map((folder) => folder.slice(1, -1)).join(" "),
    );
  });
  await t.step("on commands", () => {
    const paths = pathsOf(COMMANDS).map(([path]) => path.join("/"));
    const listed = listsOf(script, /^(?!word_)\w+_commands$/);
    assert(listed.length > 0);
    assertEquals(listed.filter((path) => !paths.includes(path)), []);
    const withWords = pathsOf(COMMANDS)
      .filter(([, { stopsAtFirstArgument }]) => stopsAtFirstArgument)
      .map(([path]) => path.join("/"));
    assertEquals(
      listsOf(script, /^word_commands$/).toSorted(),
      withWords.toSorted(),
    );
  });
  await t.step("on flags that take a value", () => {
    const commands = pathsOf(COMMANDS).map(([, command]) => command);
    const withWords = commands
      .filter(({ stopsAtFirstArgument }) => stopsAtFirstArgument);
    const listed = listsOf(script, /^(word_)?value_flags$/);
    const needed = [COMMANDS, ...withWords].flatMap(valueFlagsOf);
    assertEquals(needed.filter((flag) => !listed.includes(flag)), []);
    const known = [COMMANDS, ...commands].flatMap(valueFlagsOf);
    const login = pathsOf(COMMANDS).map(([, command]) => command)
      .filter(({ name }) => ["login", "logout"].includes(name));
    assertEquals(
      listsOf(script, /^login_value_flags$/).toSorted(),
      [...new Set(login.flatMap(valueFlagsOf))].toSorted(),
    );
    assertEquals(listed.filter((flag) => !known.includes(flag)), []);
  });
});

Deno.test("what scripts make is never for others to change", async (t) => {
  const masks = { "0000": "0022", "0002": "0022", "0022": "0022" };
  for (const [before, after] of Object.entries({ ...masks, "0077": "0077" })) {
    await t.step(`with umask ${before}`, async () => {
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", `umask ${before}; . scripts/lib/trust.sh; umask`],
        cwd: root,
      }).output();
      assertEquals(new TextDecoder().decode(stdout).trim(), after);
    });
  }
});
