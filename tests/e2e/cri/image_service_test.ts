/** ImageService as a kubelet uses it, with a real registry. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ImageService } from "../../../src/cri/api/api_pb.js";
import { encodeAuth } from "../../../src/formats/config/auth_file.ts";
import { StatusError } from "../../support/grpc_client.ts";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import {
  freePort,
  REGISTRY_PROGRAMS,
} from "../../support/servers/registry_server.ts";
import { serveImages } from "../../support/servers/served_images.ts";
import { serveOrlop } from "../../support/nodes/serving_orlop.ts";
import { tempDir } from "../../support/temp_dir.ts";

const {
  imageFsInfo,
  imageStatus,
  listImages,
  pullImage,
  removeImage,
  streamImages,
} = ImageService.method;
const USER = { name: "ann", password: "sécret" };

const NEEDS = needs(...REGISTRY_PROGRAMS);
const APP = "registry.test/team/app";

Deno.test("an image is pulled, listed, told of, removed", NEEDS, async (t) => {
  await using served = await serveImages();
  const { client } = served.orlop;
  let ref = "";
  await t.step("by registries.conf, known by one ID in all calls", async () => {
    const image = { image: `${APP}:1` };
    ref = (await client.call(pullImage, { image })).imageRef;
    const again = { image: { image: `${APP}:2` } };
    assertEquals((await client.call(pullImage, again)).imageRef, ref);
    const { images } = await client.call(listImages, {});
    assertEquals(images.length, 1);
    const [listed] = images;
    assertEquals(listed?.id, ref);
    assertEquals(listed?.repoTags.toSorted(), [`${APP}:1`, `${APP}:2`]);
    assertEquals(listed?.repoDigests.length, 1);
    assert(listed?.repoDigests[0]?.startsWith(`${APP}@sha256:`));
    assertEquals([listed?.uid?.value, listed?.username], [1000n, ""]);
    assert((listed?.size ?? 0n) > 0n);
    assertFalse(listed?.pinned);
  });
  await t.step("by each of its names", async () => {
    const { images: [listed] } = await client.call(listImages, {});
    const names = [ref, `sha256:${ref}`, ref.slice(0, 12)];
    const all = [...names, `${APP}:1`, ...listed?.repoDigests ?? []];
    for (const name of all) {
      const image = { image: name };
      const status = await client.call(imageStatus, { image });
      assertEquals(status.image?.id, ref, name);
      assertEquals(status.info, {});
      const { images } = await client.call(listImages, { filter: { image } });
      assertEquals(images.map(({ id }) => id), [ref]);
    }
  });
  await t.step("with all that is known, if that is asked for", async () => {
    const image = { image: ref };
    const { info } = await client.call(imageStatus, { image, verbose: true });
    const { labels, imageSpec } = JSON.parse(info["info"] ?? "");
    assertEquals([labels, imageSpec.config.User], [{ team: "a" }, "1000:50"]);
  });
  await t.step("in a stream", async () => {
    const answers = await Array.fromAsync(client.stream(streamImages, {}));
    const ids = answers.flatMap(({ images }) => images.map(({ id }) => id));
    assertEquals(ids, [ref]);
  });
  await t.step("away, with all names, and again", async () => {
    const image = { image: `${APP}:2` };
    await client.call(removeImage, { image });
    await client.call(removeImage, { image });
    assertEquals((await client.call(listImages, {})).images, []);
    const { image: none } = await client.call(imageStatus, { image });
    assertEquals(none, undefined);
    const filter = { image };
    assertEquals((await client.call(listImages, { filter })).images, []);
  });
});

Deno.test(
  "an image in use stays, and so does a pinned one",
  NEEDS,
  async () => {
    await using served = await serveImages();
    const { client } = served.orlop;
    const orlop = orlopIn(served.dir.path);
    const image = { image: `${APP}:1` };
    const { imageRef } = await client.call(pullImage, { image });
    const made = await orlop(
      "container",
      "create",
      "--pod=new:p",
      "--name=c",
      imageRef,
    );
    assertEquals(made.code, 0, made.err);
    const inUse = await assertRejects(
      () => client.call(removeImage, { image }),
      StatusError,
      "uses it",
    );
    assertEquals(inUse.code, 9);
    await orlop("pod", "rm", "--force", "p");
    await orlop("image", "pin", imageRef);
    const told = await client.call(imageStatus, { image });
    assert(told.image?.pinned);
    const pinned = await assertRejects(
      () => client.call(removeImage, { image }),
      StatusError,
      "pinned",
    );
    assertEquals(pinned.code, 9);
  },
);

Deno.test(
  "what is not there, or makes no sense, has its code",
  NEEDS,
  async (t) => {
    await using served = await serveImages();
    const { client } = served.orlop;
    const cases: readonly [string, number][] = [
      [`${APP}:none`, 5],
      ["registry.test/nobody/nothing:1", 5],
      ["", 3],
      ["registry.test/team/app:1:2", 3],
      ["registry.test/TEAM/app", 3],
      ["https://registry.test/team/app", 3],
      ["dir:/etc", 3],
      ["oci:/etc", 3],
      ["a\0b", 3],
      [`${APP}@sha256:${"0".repeat(64)}`, 5],
      [`registry.test/${"a/".repeat(5000)}b`, 3],
    ];
    for (const [name, code] of cases) {
      await t.step(name.slice(0, 60), async () => {
        const call = () => client.call(pullImage, { image: { image: name } });
        const error = await assertRejects(call, StatusError);
        assertEquals(error.code, code, error.message);
      });
    }
    await t.step("an image that no one names", async () => {
      const calls = [
        () => client.call(imageStatus, {}),
        () => client.call(removeImage, {}),
      ];
      for (const call of calls) {
        assertEquals((await assertRejects(call, StatusError)).code, 3);
      }
    });
    await t.step("an image whose name means nothing", async () => {
      for (const image of ["a b", "\0", "sha256:zz", "-", "ü".repeat(9000)]) {
        const answer = await client.call(imageStatus, { image: { image } });
        assertEquals(answer.image, undefined);
        await client.call(removeImage, { image: { image } });
      }
    });
  },
);

Deno.test("credentials of the pod are used, each time", NEEDS, async (t) => {
  await using served = await serveImages({ user: USER });
  const { client } = served.orlop;
  // By its own name: where registries.conf leads to is another registry.
  const image = { image: `${served.registry.host}/team/app:1` };
  const right = { username: USER.name, password: USER.password };
  const encoded = encodeAuth(USER.name, USER.password);
  const refused = async (auth: Record<string, string>) => {
    const call = () => client.call(pullImage, { image, auth });
    return (await assertRejects(call, StatusError)).code;
  };
  await t.step("none, and wrong ones, are refused", async () => {
    assertEquals(await refused({}), 16);
    assertEquals(await refused({ ...right, password: "wrong" }), 16);
    assertEquals(await refused({ auth: "!" }), 3);
    assertEquals(await refused({ auth: btoa("nocolon") }), 3);
  });
  const { imageRef } = await client.call(pullImage, { image, auth: right });
  await t.step("in each form", async () => {
    const forms = [
      { auth: encoded },
      { auth: encoded, serverAddress: `https://${served.registry.host}/v1/` },
      { ...right, serverAddress: served.registry.host },
    ];
    for (const auth of forms) {
      const answer = await client.call(pullImage, { image, auth });
      assertEquals(answer.imageRef, imageRef);
    }
  });
  await t.step("are asked for also when the image is there", async () => {
    assertEquals(await refused({}), 16);
    assertEquals(await refused({ ...right, password: "wrong" }), 16);
  });
  await t.step("never go to another registry", async () => {
    assertEquals(await refused({ ...right, serverAddress: "quay.io" }), 16);
  });
  await t.step("are in no message", async () => {
    await served.orlop.end("SIGTERM");
    const said = served.orlop.said.join("\n");
    for (const secret of [USER.password, encoded, "wrong", "nocolon"]) {
      assert(!said.includes(secret), said);
    }
    assertStringIncludes(said, "pulled an image");
  });
});

Deno.test("a registry that is down is told in a kubelet's words", async () => {
  using dir = tempDir();
  await using served = await serveOrlop(dir.path);
  const image = { image: `127.0.0.1:${freePort()}/team/app:1` };
  const call = () => served.client.call(pullImage, { image });
  const error = await assertRejects(call, StatusError);
  assertEquals(error.code, 2);
  assert(error.message.startsWith("RegistryUnavailable: "), error.message);
});

Deno.test(
  "credentials of a short name go to docker.io alone",
  NEEDS,
  async () => {
    await using served = await serveImages({ user: USER });
    const { client } = served.orlop;
    const conf = served.dir.join("registries.conf");
    const { host } = served.registry;
    const text = await Deno.readTextFile(conf);
    await Deno.writeTextFile(
      conf,
      `unqualified-search-registries = ["${host}"]\n${text}`,
    );
    const auth = { username: USER.name, password: USER.password };
    const pull = (image: string) =>
      client.call(pullImage, { image: { image }, auth });
    const error = await assertRejects(() => pull("team/app:1"), StatusError);
    assertEquals(error.code, 16);
    await pull(`${host}/team/app:1`);
  },
);

Deno.test("equal pulls are one transfer", NEEDS, async () => {
  await using served = await serveImages();
  const { client } = served.orlop;
  const image = { image: `${APP}:1` };
  const pulls = Array.from(
    { length: 20 },
    () => client.call(pullImage, { image }),
  );
  const refs = (await Promise.all(pulls)).map(({ imageRef }) => imageRef);
  assertEquals(new Set(refs).size, 1);
  const { requests } = served.registry;
  const blobs = requests.filter(({ method, path }) =>
    method === "GET" && path.includes("/blobs/")
  );
  assertEquals(blobs.length, 2, "the config and the layer");
});

Deno.test(
  "ImageFsInfo reports what images and containers take",
  NEEDS,
  async () => {
    await using served = await serveImages();
    const { client } = served.orlop;
    const image = { image: `${APP}:1` };
    const { imageRef } = await client.call(pullImage, { image });
    const status = await client.call(imageStatus, { image });
    const orlop = orlopIn(served.dir.path);
    await orlop("container", "create", "--pod=new:p", "--name=c", imageRef);
    const { out: root } = await orlop("container", "start", "c");
    await Deno.writeFile(`${root}/file`, new Uint8Array(1024 * 1024));
    const told = await client.call(imageFsInfo, {});
    const [images] = told.imageFilesystems;
    const [containers] = told.containerFilesystems;
    assertEquals(images?.fsId?.mountpoint, served.dir.join("root"));
    assertEquals(containers?.fsId, images?.fsId);
    assert((images?.usedBytes?.value ?? 0n) >= (status.image?.size ?? 1n));
    // diff, etc and etc/motd; the pause image has some, too.
    assert((images?.inodesUsed?.value ?? 0n) >= 3n);
    assert((containers?.usedBytes?.value ?? 0n) >= 1024n * 1024n);
    const ageMs = Date.now() - Number((images?.timestamp ?? 0n) / 1_000_000n);
    assert(ageMs >= 0 && ageMs < 60_000);
    await orlop("pod", "rm", "--force", "p");
  },
);
