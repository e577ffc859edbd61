/** Containers on real mounts: what is written, and what users are, stays. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openAgent } from "../../../src/engine/agent.ts";
import { ImageServer } from "../../../src/engine/image_server.ts";
import { RuntimeServer } from "../../../src/engine/runtime_server.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { MountEntry } from "../../../src/formats/storage/mount_table.ts";
import { systemMounter } from "../../../src/mount/system_mounter.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, dir, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const { ignore } = needs("root", "mount", "umount", "findmnt");

/** A runtime on real mounts, as a process that just started has it. */
function open(folder: TempDir): RuntimeServer {
  const agent = openAgent({
    root: folder.join("root"),
    runRoot: folder.join("run"),
  });
  return new RuntimeServer(new ImageServer(agent));
}

/** Pulls an image of two layers, and makes a container of it. */
async function makeContainer(
  folder: TempDir,
  user = "",
): Promise<{ readonly id: string; readonly dir: string }> {
  const layers = [
    archive(
      dir("etc/"),
      file("etc/passwd", "root:x:0:0::/root:\nweb:x:33:34::/srv:\n"),
      file("etc/group", "adm:x:4:\n"),
    ),
    archive(dir("etc/"), file("etc/group", "adm:x:4:web\n"), file("below")),
  ];
  const blobs = layers.map((blob) => ({ blob, diffId: digestOf(blob) }));
  await writeLayout(folder.join("layout"), blobs);
  const agent = openAgent({
    root: folder.join("root"),
    runRoot: folder.join("run"),
  });
  const images = new ImageServer(agent);
  const { imageId } = await images.pullImage(`oci:${folder.join("layout")}`);
  const pod = { podName: "pod", podId: "pod", imageId };
  const runtime = open(folder);
  await runtime.createPodSandbox({ ...pod, containerName: "infra" });
  const settings = { args: ["/x"], user };
  return await runtime.createContainer(
    { ...pod, containerName: "web", settings },
  );
}

function mountsIn({ path }: TempDir): Promise<readonly MountEntry[]> {
  return systemMounter().list(path);
}

/** Takes all mounts away, and the run root with them. */
async function reboot(folder: TempDir): Promise<void> {
  for (const { target } of (await mountsIn(folder)).toReversed()) {
    await systemMounter().unmount(target);
  }
  await Deno.remove(folder.join("run"), { recursive: true });
}

Deno.test("S46 S48 what a container wrote survives stop, start and reboot", {
  ignore,
}, async () => {
  using folder = tempDir();
  const { dir: workDir } = await makeContainer(folder);
  const root = await open(folder).startContainer("web");
  assertEquals(await Deno.readTextFile(join(root, "below")), "content\n");
  await Deno.writeTextFile(join(root, "written"), "kept");
  await Deno.remove(join(root, "below"));

  await open(folder).stopContainer("web");
  await assertRejects(() => Deno.stat(join(root, "written")));
  const again = await open(folder).startContainer("web");
  assertEquals(await Deno.readTextFile(join(again, "written")), "kept");

  await reboot(folder);
  await Deno.stat(join(workDir, "config.json"));
  const runtime = open(folder);
  const third = await runtime.startContainer("web");
  assertEquals(await Deno.readTextFile(join(third, "written")), "kept");
  await assertRejects(() => Deno.stat(join(third, "below")));
  const bundle = join(await runtime.getRunDir("web"), "config.json");
  assertEquals(JSON.parse(await Deno.readTextFile(bundle)).root.path, third);

  // The other container of the same image sees nothing of it.
  const other = await runtime.startContainer("pod");
  assertEquals(await Deno.readTextFile(join(other, "below")), "content\n");
  await runtime.deleteContainer("web");
  await runtime.removePodSandbox("pod");
  assertEquals(await mountsIn(folder), []);
});

Deno.test("S49 users are looked up in the image as its layers are stacked", {
  ignore,
}, async () => {
  using folder = tempDir();
  const { dir: workDir } = await makeContainer(folder, "web");
  const text = await Deno.readTextFile(join(workDir, "config.json"));
  const { process } = JSON.parse(text);
  const { uid, gid, additionalGids } = process.user;
  assertEquals([uid, gid, additionalGids], [33, 34, [4, 34]]);
  assert(process.env.includes("HOME=/srv"));
  // The mount for it is gone.
  assertEquals(await mountsIn(folder), []);
});
