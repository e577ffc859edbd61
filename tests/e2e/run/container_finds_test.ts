/** What a container finds: directories, files, signals; as podman has it. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import {
  archive,
  dir,
  file,
  type Member,
  symlink,
} from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { orlopCommand } from "../../support/programs/orlop_program.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs(...PEERS);

const DIRECTORY = dir("etc/");
const PASSWD = file(
  "etc/passwd",
  "root:x:0:0::/root:\napp:x:1000:1000::/home/app:\n",
);
const GROUP = file("etc/group", "root:x:0:\napp:x:1000:\n");
const ETC = [DIRECTORY, PASSWD, GROUP];

/** Pulls an image with these files. */
async function pull(
  store: SharedStore,
  name: string,
  { members = ETC, config = {} }: {
    readonly members?: readonly Member[];
    readonly config?: Readonly<Record<string, unknown>>;
  },
): Promise<string> {
  const layout = store.join(name);
  await writeBusyboxLayout(layout, { layers: [archive(...members)], config });
  await store.orlop("pull", `oci:${layout}`);
  return `localhost/${name}`;
}

/** Runs a script in both; each must succeed. @returns What each printed. */
async function runBoth(
  store: SharedStore,
  flags: readonly string[],
  script: string,
): Promise<readonly [own: string, theirs: string]> {
  const words = ["--rm", ...flags, "sh", "-c", script];
  return [await store.orlop("run", ...words), await store.podmanRun(...words)];
}

Deno.test(
  "volumes and working directory of an image are as podman makes them",
  NEEDED,
  async (t) => {
    await using store = sharedStore();
    const owner = { uid: 1000, gid: 2000 };
    const image = await pull(store, "dirs", {
      members: [
        ...ETC,
        dir("data/", { ...owner, mode: 0o2750 }),
        file("data/file", "kept\n", { ...owner, mode: 0o600 }),
        dir("real/", owner),
        symlink("link", "/real"),
        symlink("out", "../../../outside"),
      ],
      config: {
        User: "app",
        WorkingDir: "/work/deep",
        Volumes: {
          "/data": {},
          "/new/deep": {},
          "/link/x": {},
        },
      },
    });
    const places = "/data /data/file /new /new/deep /work /work/deep /real/x";
    const script =
      `id -u; pwd; ls -ldn ${places} | cut -c1-36; cat /data/file; ` +
      "touch /data/a /new/deep/b /real/x/c && echo writable";
    for (const flags of [[], ["--read-only"]]) {
      await t.step(flags.join(" ") || "by default", async () => {
        const all = [...flags, image];
        const [own, theirs] = await runBoth(store, all, script)
          .catch((error) => [String(error), ""]);
        assertEquals(own, theirs);
        assertStringIncludes(own, "writable");
      });
    }
    await t.step("links stay inside", async () => {
      const leading = await pull(store, "leading", {
        members: [...ETC, symlink("out", "../../../../../../outside")],
        config: { Volumes: { "/out": {}, "/../../up": {} } },
      });
      const list = "ls -d /outside /up";
      const [own] = await runBoth(store, [leading], list);
      assertEquals(own, "/outside\n/up");
    });
  },
);

Deno.test("the caller's umask is not the container's", NEEDED, async (t) => {
  await using store = sharedStore();
  const image = await pull(store, "mask", {
    config: { User: "app", WorkingDir: "/w/x", Volumes: { "/v/y": {} } },
  });
  const words = ["run", "--rm", "--volume", `${store.root}:/mnt/deep:ro`];
  const places = "/w /w/x /v /v/y /mnt /proc /etc /etc/hosts /run";
  const script = `umask; for place in ${places}; do ` +
    "echo $place $(ls -ldn $place | cut -c1-10); done";
  const expected = [
    "0022",
    ...["/w", "/w/x", "/v", "/v/y", "/mnt"].map((at) => `${at} drwxr-xr-x`),
    ...["/proc dr-xr-xr-x", "/etc drwxr-xr-x", "/etc/hosts -rw-r--r--"],
    "/run drwxr-xr-x",
  ];
  for (const mask of ["0077", "0777", "0000"]) {
    await t.step(mask, async () => {
      const args = [...words, image, "sh", "-c", script];
      const command = orlopCommand(store.join(), args);
      const before = Deno.umask(Number.parseInt(mask, 8));
      try {
        const { stdout } = await command.output();
        const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
        assertEquals(lines, expected);
      } finally {
        Deno.umask(before);
      }
    });
  }
});

Deno.test(
  "a working directory that is typed must be there",
  NEEDED,
  async (t) => {
    await using store = sharedStore();
    const image = await pull(store, "typed", {
      members: [...ETC, symlink("link", "/etc"), symlink("loop", "loop")],
      config: { WorkingDir: "/made" },
    });
    const volume = ["--volume", `${store.root}:/mnt`];
    for (
      const path of ["/etc", "/link", "/etc/../bin/.", "/made/..", "/proc"]
    ) {
      await t.step(path, async () => {
        const flags = ["--workdir", path, image];
        const [own, theirs] = await runBoth(store, flags, "pwd");
        assertEquals(own, theirs);
      });
    }
    await t.step("in a volume", async () => {
      const flags = [...volume, "--workdir", "/mnt/overlay", image];
      const [own, theirs] = await runBoth(store, flags, "pwd");
      assertEquals(own, theirs);
    });
    for (const path of ["/missing", "/etc/passwd", "/etc/passwd/x", "/loop"]) {
      await t.step(path, async () => {
        const words = ["run", "--rm", "--workdir", path, image, "pwd"];
        const { code, out, err } = await store.tryOrlop(...words);
        assertEquals([code === 0, out], [false, ""]);
        assertMatch(err, /Cannot (use working directory|follow) "/);
      });
    }
  },
);

Deno.test("a container finds podman's files", NEEDED, async (t) => {
  await using store = sharedStore();
  const plain = await pull(store, "plain", {});
  const common = "/etc/hosts /etc/hostname /etc/resolv.conf";
  const show = (files: string) =>
    `for f in ${files}; do ls -ln $f | cut -c1-24; cat $f; done 2>&1; true`;
  const tell = (text: string) =>
    text.split("\n").filter((line) => !line.includes("containers.internal"))
      // podman 4.3 ends /etc/hostname without a newline.
      .join("\n").replace(/(?<=fixed)\n?(?=-rw|ls:)/, "\n");
  for (const network of ["none", "host"]) {
    for (const more of [[], ["--read-only"], ["--user", "1234"]]) {
      await t.step([network, ...more].join(" "), async () => {
        const flags = ["--network", network, "--hostname", "fixed", ...more];
        // Of a read-only root podman 4.3 hides the last one again.
        const script = show(
          more[0] === "--read-only" ? common : `${common} /run/.containerenv`,
        );
        const own = await store.orlop(
          ...["run", "--rm", "--name", "web", ...flags, plain],
          ...["sh", "-c", script],
        );
        const theirs = await store.podmanRun(
          ...["--rm", "--name", "web", ...flags, plain, "sh", "-c", script],
        );
        assertEquals(tell(own), tell(theirs));
      });
    }
  }
  await t.step("the host's name on the host's network", async () => {
    const flags = ["--network", "host", plain];
    const script = "hostname; cat /etc/hostname; echo; echo $HOSTNAME";
    const [own, theirs] = await runBoth(store, flags, script);
    assertEquals(own.split(/\n+/), theirs.split(/\n+/));
  });
  await t.step("a volume of the caller's instead", async () => {
    await Deno.writeTextFile(store.join("own-hosts"), "10.9.8.7 mine\n");
    const flags = ["-v", `${store.join("own-hosts")}:/etc/hosts`, plain];
    const [own, theirs] = await runBoth(store, flags, "cat /etc/hosts");
    assertEquals([own, own], [theirs, "10.9.8.7 mine"]);
  });
  await t.step("its image stays as it is", async () => {
    const [own] = await runBoth(store, [plain], "echo >>/etc/hosts; ls /etc");
    assertStringIncludes(own, "hosts");
    const { code } = await store.tryOrlop(
      ...["run", "--rm", "-v", "/dev/null:/etc/hosts", plain],
      ...["sh", "-c", "test ! -e /etc/hostname.old && ls /etc/hosts"],
    );
    assertEquals(code, 0);
  });
});

Deno.test(
  "hostile places for podman's files lead nowhere",
  NEEDED,
  async (t) => {
    await using store = sharedStore();
    const outside = store.join("outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(`${outside}/hosts`, "untouched\n");
    const table: Record<string, readonly Member[]> = {
      "etc-is-a-link-out": [symlink("etc", outside)],
      "etc-climbs": [symlink("etc", `../../../../../../../..${outside}`)],
      "etc-is-a-file": [file("etc", "")],
      "run-is-a-file": [...ETC, file("run", "")],
      "hosts-is-a-link": [...ETC, symlink("etc/hosts", `${outside}/hosts`)],
      "hosts-is-a-directory": [...ETC, dir("etc/hosts/")],
      "hosts-is-a-fifo": [...ETC, { name: "etc/hosts", type: "6" }],
      "hosts-is-of-proc": [...ETC, symlink("etc/hosts", "/proc/1/environ")],
      "etc-is-proc": [symlink("etc", "/proc/self/root/etc")],
      "run-is-dev": [...ETC, symlink("run", "/dev/shm")],
    };
    for (const [name, members] of Object.entries(table)) {
      await t.step(name, async () => {
        const image = await pull(store, name, { members });
        const words = ["run", "--rm", image, "sh", "-c", "echo ran"];
        const { out, err } = await store.tryOrlop(...words);
        if (name === "etc-is-proc") {
          assertStringIncludes(err, "it is no regular file");
        } else assertEquals([out, err], ["ran", ""]);
        assertEquals(
          await Deno.readTextFile(`${outside}/hosts`),
          "untouched\n",
        );
        const left = await Array.fromAsync(Deno.readDir(outside));
        assertEquals(left.map((entry) => entry.name), ["hosts"]);
      });
    }
    assertEquals(store.mounts(), []);
  },
);

Deno.test(
  "what a runtime would hang on ends a run at once",
  NEEDED,
  async (t) => {
    await using store = sharedStore();
    const fifo = (name: string): Member => ({ name, type: "6" });
    const device = (name: string): Member => ({
      name,
      type: "3",
      major: 1,
      minor: 5,
    });
    const table: Record<string, readonly Member[]> = {
      "passwd-is-a-fifo": [DIRECTORY, fifo("etc/passwd"), GROUP],
      "group-is-a-fifo": [DIRECTORY, PASSWD, fifo("etc/group")],
      "passwd-is-a-device": [DIRECTORY, device("etc/passwd"), GROUP],
      "passwd-leads-to-a-fifo": [
        DIRECTORY,
        fifo("etc/pipe"),
        symlink("etc/passwd", "pipe"),
      ],
      "passwd-leads-to-dev": [
        DIRECTORY,
        symlink("etc/passwd", "/dev/tty"),
        GROUP,
      ],
      "group-leads-to-proc": [
        DIRECTORY,
        PASSWD,
        symlink("etc/group", "/proc/self/fd/0"),
      ],
      "passwd-is-a-directory": [DIRECTORY, dir("etc/passwd/")],
      "passwd-is-a-loop": [DIRECTORY, symlink("etc/passwd", "passwd")],
    };
    for (const [name, members] of Object.entries(table)) {
      const image = await pull(store, name, { members });
      for (const user of ["", "0", "1000:1000", "app"]) {
        await t.step(`${name}, user "${user}"`, async () => {
          const words = ["run", "--rm", "--user", user, image, "true"];
          const { code, err } = await store.tryOrlop(...words);
          assertEquals(code === 0 ? "ran" : "refused", "refused");
          assertMatch(err, /^orlop: Cannot (read|use|follow|find) "?/);
          assertEquals(store.mounts(), []);
        });
      }
    }
  },
);

Deno.test("signals and environment are podman's", NEEDED, async (t) => {
  await using store = sharedStore();
  const image = await pull(store, "plain", {});
  await t.step("dispositions and mask", async () => {
    const script = "grep -E '^Sig(Blk|Ign)' /proc/self/status || " +
      "while read a b; do case $a in SigBlk:|SigIgn:) echo $a $b;; esac; " +
      "done </proc/self/status";
    const [own, theirs] = await runBoth(store, [image], script);
    assertEquals(own, theirs);
  });
  for (const user of ["", "root", "0", "app", "1000:0", "7", "7:7"]) {
    await t.step(`environment of user "${user}"`, async () => {
      const [own, theirs] = await runBoth(
        store,
        ["--hostname", "fixed", "--user", user, image],
        "export -p",
      );
      const tell = (text: string) =>
        text.split("\n").filter((line) => !line.includes("container="))
          .toSorted();
      assertEquals(tell(own), tell(theirs));
    });
  }
});
