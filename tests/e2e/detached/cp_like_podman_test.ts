/** `orlop cp` beside `podman cp`; and what a container can do about it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  DETACHED_NEEDS,
  type DetachedStore,
  detachedStore,
  spawnOrlop,
} from "../../support/programs/detached_store.ts";
import { LIMITS } from "../../support/programs/shared_store.ts";
import { until } from "../../support/until.ts";

const FLAGS = ["--user=33:34", "--tmpfs=/tmp", "--cap-add=chown"];

/** Files of the host: `HOST` in the table. */
async function writeHostFiles(host: string): Promise<void> {
  await Deno.mkdir(`${host}/dir/sub`, { recursive: true });
  await Deno.mkdir(`${host}/out`);
  await Deno.writeTextFile(`${host}/file`, "hello\n");
  await Deno.chmod(`${host}/file`, 0o640);
  await Deno.chown(`${host}/file`, 5, 6);
  await Deno.writeTextFile(`${host}/dir/sub/x`, "x\n");
  await Deno.symlink("sub/x", `${host}/dir/link`);
  await Deno.symlink("file", `${host}/link`);
  await Deno.writeTextFile(`${host}/we ird,&\\n\name`, "odd\n");
}

/** Names, kinds, modes, owners and contents. */
async function describe(directory: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: [
      ...[
        "-c",
        "find . -printf '%p %y %m %U:%G %l\\n' | sort; cat file 2>&1; :",
      ],
    ],
    cwd: directory,
    env: { LC_ALL: "C" },
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("cp copies what podman copies", DETACHED_NEEDS, async (t) => {
  await using store = await detachedStore();
  const { tryOrlop, tryPodman } = store;
  await store.runBoth(...FLAGS, store.image, "sleep", "600");
  const places = { ours: store.join("ours"), theirs: store.join("theirs") };
  for (const place of Object.values(places)) await writeHostFiles(place);
  const table = [
    "HOST/file CTR:/etc/new",
    "HOST/file CTR:/etc",
    "HOST/file CTR:/tmp/",
    "HOST/file CTR:tmp/relative",
    "HOST/link CTR:/etc/link",
    "HOST/dir CTR:/etc/dir",
    "HOST/dir CTR:/etc/dir",
    "HOST/dir/ CTR:/srv",
    "HOST/dir/. CTR:/srv",
    "HOST/dir/. CTR:/etc/contents",
    "HOST/dir/sub/x CTR:/etc/new",
    "--archive=false HOST/file CTR:/etc/kept",
    "HOST/file CTR:/no/such",
    "HOST/file CTR:/no/such/",
    "HOST/dir CTR:/etc/new",
    "HOST/nothing CTR:/etc",
    "CTR:/etc/new HOST/out",
    "CTR:/etc/new HOST/out/renamed",
    "CTR:/etc/dir HOST/out",
    "CTR:/etc/dir/. HOST/out/contents",
    "CTR:/tmp/file HOST/out/of_tmpfs",
    "CTR:/etc/dir HOST/out/new",
    "CTR:/nothing HOST/out",
    "CTR:/etc HOST/none/x",
    "CTR:/etc/new CTR:/tmp/copied HOST",
  ];
  for (const line of table) {
    await t.step(line, async () => {
      const words = (place: string, name: string) => [
        "cp",
        ...line.split(" ").map((word) =>
          word.replace("HOST", place).replace("CTR", name)
        ),
      ];
      const ours = await tryOrlop(...words(places.ours, "ours"));
      const theirs = await tryPodman(...words(places.theirs, "theirs"));
      assertEquals(ours.code === 0, theirs.code === 0, ours.err + theirs.err);
      assertEquals(ours.out, "");
      assertEquals(await describe(places.ours), await describe(places.theirs));
    });
  }
  await t.step("the containers are the same in the end", async () => {
    const list = "busybox find /etc /srv /tmp ! -name host* ! -name mtab " +
      "! -name resolv.conf ! -name passwd ! -name group ! -path '/etc' | busybox sort | " +
      "while read f; do busybox stat -c '%n %a %u:%g %F' $f; done";
    assertEquals(
      (await tryOrlop("exec", "ours", "sh", "-c", list)).out,
      (await tryPodman("exec", "theirs", "sh", "-c", list)).out,
    );
  });
  await t.step("names may be odd", async () => {
    const odd = `${places.ours}/we ird,&\\n\name`;
    await store.orlop("cp", odd, "ours:/srv/");
    await store.orlop("cp", odd, "ours:/srv/-an,o&t\\her\n$(x)'\"");
    const back = `${places.ours}/out/back ,&\\1`;
    await store.orlop("cp", "ours:/srv/-an,o&t\\her\n$(x)'\"", back);
    assertEquals(await Deno.readTextFile(back), "odd\n");
    await store.orlop("cp", "ours:/srv", `${places.ours}/out/srv`);
    const name = `${places.ours}/out/srv/we ird,&\\n\name`;
    assertEquals(await Deno.readTextFile(name), "odd\n");
  });
  await t.step("nobody becomes root by a copy on this machine", async () => {
    const script = "cd /tmp; busybox mkdir set; echo x >set/uid; " +
      "busybox chmod 6755 set/uid; busybox chmod 2755 set";
    await store.orlop("exec", "ours", "sh", "-c", script);
    const out = `${places.ours}/out`;
    await store.orlop("cp", "ours:/tmp/set", out);
    await store.orlop("cp", "ours:/tmp/set/.", `${out}/contents-of-set`);
    await store.orlop("cp", "ours:/tmp/set/uid", `${out}/file-of-set`);
    for (
      const name of ["set", "set/uid", "contents-of-set/uid", "file-of-set"]
    ) {
      const { mode } = await Deno.stat(`${out}/${name}`);
      assertEquals((mode ?? 0) & 0o7777, 0o755, name);
    }
    // Elsewhere it belongs to whom it belonged to.
    const archive = await orlopWith(store, new Uint8Array(0), ...[
      ...["cp", "ours:/tmp/set", "-"],
    ]);
    const listed = await tar(["-tv"], archive.stdout);
    assert(listed.includes("-rwsr-sr-x 33/34"), listed);
  });
  await t.step("- is an archive", async () => {
    const nothing = new Uint8Array(0);
    const words = ["cp", "ours:/etc/dir", "-"];
    const { stdout } = await orlopWith(store, nothing, ...words);
    const names = await tar(["-t"], stdout);
    assert(names.includes("dir/sub/x\n"), names);
    const { code } = await orlopWith(store, stdout, "cp", "-", "ours:/srv");
    assertEquals(code, 0);
    const { out } = await tryOrlop("exec", "ours", "cat", "/srv/dir/sub/x");
    assertEquals(out, "x");
  });
  await t.step("why a copy fails is told, and nothing else", async () => {
    const child = spawnOrlop(store, "cp", "ours:/bin", "-");
    await Promise.all([child.stdin.close(), child.stdout.cancel()]);
    const told = await new Response(child.stderr).text();
    assertEquals((await child.status).code, 1);
    assertMatch(told, /^orlop: Cannot copy "ours:\/bin" to an archive: .*tar/);
  });
  await t.step("a container that has ended", async () => {
    await store.orlop("stop", "--time", "0", "ours");
    await store.orlop("cp", `${places.ours}/file`, "ours:/etc/later");
    const later = `${places.ours}/out/later`;
    await store.orlop("cp", "ours:/etc/later", later);
    assertEquals(await Deno.readTextFile(later), "hello\n");
    const { out } = await tryOrlop(
      "ps",
      "--format={{.State}} {{.ExitCode}}",
      "--filter=name=ours",
    );
    assertEquals(out, "exited 137");
    assertEquals(
      store.mounts().filter((path) => path.endsWith("/merged")).length,
      1, // podman's
    );
  });
});

async function tar(args: string[], archive: Uint8Array): Promise<string> {
  const child = new Deno.Command("tar", {
    args: [...args, "-f", "-"],
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(archive);
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}

async function orlopWith(
  store: DetachedStore,
  input: Uint8Array,
  ...args: string[]
) {
  const child = spawnOrlop(store, ...args);
  const writer = child.stdin.getWriter();
  writer.write(input).then(() => writer.close()).catch(() => {});
  return await child.output();
}

Deno.test(
  "a container cannot lead a copy out of it",
  DETACHED_NEEDS,
  async (t) => {
    await using store = await detachedStore();
    const { tryOrlop, orlop, image } = store;
    const secret = store.join("host");
    await Deno.mkdir(secret);
    await Deno.writeTextFile(`${secret}/secret`, "of the host\n");
    await Deno.writeTextFile(store.join("file"), "evil\n");
    // Two names for one place, of which one leads to the host, in turn.
    const script = `
    mkdir -p /a/in /b; echo inside >/a/in/secret
    busybox ln -s ${secret} /link; busybox ln -s /../../../..${secret} /up
    busybox ln -s ${secret}/secret /file
    busybox ln -s / /a/root
    echo ready
    while :; do
      busybox mv /a/in /b/in; busybox ln -s ${secret} /a/in
      busybox rm /a/in; busybox mv /b/in /a/in
    done`;
    const program = "export PATH=/bin; alias mkdir='busybox mkdir'; ";
    await orlop(
      "run",
      "-d",
      "--name",
      "evil",
      ...LIMITS,
      image,
      "sh",
      "-c",
      program + script,
    );
    await until(async () => await orlop("logs", "evil") === "ready");
    await t.step("by links that stay", async () => {
      for (const path of ["/link/x", "/up/x", "/a/root/link/x", "/file"]) {
        await tryOrlop("cp", store.join("file"), `evil:${path}`);
      }
      for (const path of ["/link/secret", "/up/secret", "/file"]) {
        const to = store.join(`stolen${path.replaceAll("/", "_")}`);
        await tryOrlop("cp", `evil:${path}`, to);
        const found = await Deno.readTextFile(to).catch(() => "");
        assert(found !== "of the host\n", path);
      }
    });
    await t.step("by links that come and go", async () => {
      await Deno.mkdir(store.join("tree/in"), { recursive: true });
      await Deno.writeTextFile(store.join("tree/in/x"), "evil\n");
      for (let tries = 0; tries < 5; tries++) {
        await tryOrlop("cp", store.join("file"), "evil:/a/in/x");
        await tryOrlop("cp", store.join("tree/."), "evil:/a");
        const to = store.join(`out${tries}`);
        await tryOrlop("cp", "evil:/a", to);
        await tryOrlop("cp", "evil:/a/in/secret", `${to}.one`);
        // A link that was copied may lead there: what it is has not been copied.
        const isLink = (await lstat(`${to}/in`))?.isSymlink === true;
        const paths = [...isLink ? [] : [`${to}/in/secret`], `${to}.one`];
        for (const path of paths) {
          const found = await Deno.readTextFile(path).catch(() => "");
          assert(found !== "of the host\n", path);
        }
      }
    });
    await t.step("the host has all that it had, and no more", async () => {
      assertEquals(
        await describe(secret),
        `. d 755 0:0 \n./secret f 644 0:0 \n` +
          "cat: file: No such file or directory\n",
      );
      assertEquals(
        await Deno.readTextFile(`${secret}/secret`),
        "of the host\n",
      );
    });
  },
);

async function lstat(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch {
    return undefined; // there is none
  }
}
