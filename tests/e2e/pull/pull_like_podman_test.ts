/** Images that podman pulls are pulled, and no more of them than it can list. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { serveOdd } from "../../support/images/make_odd_image.ts";
import { ODD_IMAGES } from "../../support/images/odd_images.ts";
import { needs } from "../../support/peers.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Refused though podman takes it, and what is said. */
const REFUSED: Readonly<Record<string, string>> = {
  "config: keys that differ in case": 'key "Config" looks like "config"',
  "a sha512 diff ID": "layer IDs come from sha256 digests only",
  "for another architecture": "use --platform linux/s390x",
};
/** Taken though podman refuses it: what servers say of a manifest is ignorance. */
const TAKEN: readonly RegExp[] = [
  /^(OCI|Docker|OCI without mediaType), served as "(text|application|binary)?\/?(plain|html|json|octet-stream)?"$/,
  /^asked for by sha512$/,
  /^index, (x86_64|amd64 v[12])$/,
  /^index in an index$/,
  /^blobs said to be packed$/,
];

Deno.test("orlop pulls what podman pulls", {
  ...needs("root", "podman"),
}, async (t) => {
  using own = pullStore();
  using dir = tempDir();
  const peer = { root: dir.join("root"), runRoot: dir.join("run") };
  for (const [name, odd] of Object.entries(ODD_IMAGES)) {
    await t.step(name, async () => {
      await using registry = serveOdd(odd);
      const image = `${registry.host}/app${odd.reference ?? ":1"}`;
      const pulled = await own.pull(image, { retry: { tries: 1 } }).then(
        () => "",
        (error: Error) => error.message,
      );
      const refused = REFUSED[name];
      if (refused !== undefined) return assertStringIncludes(pulled, refused);
      const peerSays = await podman(peer, "pull", "--tls-verify=false", image);
      const isTaken = TAKEN.some((pattern) => pattern.test(name));
      const isWanted = peerSays === "" || isTaken;
      assertEquals(pulled === "", isWanted, `${pulled}; podman: ${peerSays}`);
    });
  }
  await t.step("podman lists all that was pulled", async () => {
    assertEquals(own.check(), []);
    assertEquals(await podman(own, "images"), "");
  });
});

/** What it says if it fails. */
async function podman(
  { root, runRoot }: { readonly root: string; readonly runRoot: string },
  ...args: string[]
): Promise<string> {
  const store = ["--root", root, "--runroot", runRoot];
  const { success, stderr } = await new Deno.Command("podman", {
    args: [...store, "--storage-driver=overlay", ...args],
  }).output();
  // podman keeps its driver's directory mounted on itself.
  await new Deno.Command("umount", { args: [`${root}/overlay`] }).output();
  return success ? "" : new TextDecoder().decode(stderr);
}
