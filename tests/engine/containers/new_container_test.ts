import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  checkFiles,
  formatTemplate,
  makeMetadata,
} from "../../../src/engine/containers/new_container.ts";
import { MAX_SPEC_SIZE } from "../../../src/formats/oci/runtime_spec.ts";
import { nameOf, parseReference } from "../../../src/formats/oci/reference.ts";
import {
  parseContainerId,
  parseImageId,
} from "../../../src/formats/storage/store_ids.ts";

const ID = parseContainerId("ab".repeat(32));
const POD = "cd".repeat(32);
const IMAGE_ID = parseImageId("ef".repeat(32));
const IMAGE = {
  id: IMAGE_ID,
  digest: `sha256:${IMAGE_ID}`,
  names: ["q.io/a:1", "q.io/a:2"],
  created: "2026-01-01T00:00:00Z",
};
const LEAST = {
  containerName: "web",
  podId: POD,
  podName: "pod",
  imageName: "",
};

Deno.test("checkFiles() takes names that are nobody else's", async (t) => {
  checkFiles();
  checkFiles({ "state.json": "", "cri-note.json": "" });
  const refused = [
    ...["config.json", "run.json", "config.template.json", "State.json"],
    ...["state", "state.json.bak", ".json", "-a.json", "a/b.json", "1.json"],
    "../state.json",
  ];
  for (const name of refused) {
    await t.step(name, () => {
      const error = assertThrows(
        () => checkFiles({ "good.json": "", [name]: "" }),
        TypeError,
      );
      assertEquals(
        error.message,
        `Cannot create container with file "${name}": expected the name of a ` +
          "JSON file of one's own, such as state.json",
      );
    });
  }
});

Deno.test("formatTemplate() writes what a start can read again", () => {
  const template = { ociVersion: "1.0.0", hostname: "" };
  const length = formatTemplate(template, ID).length;
  const hostname = "h".repeat(MAX_SPEC_SIZE - length);
  const most = formatTemplate({ ...template, hostname }, ID);
  assertEquals(most.length, MAX_SPEC_SIZE);
  const error = assertThrows(
    () => formatTemplate({ ...template, hostname: `${hostname}h` }, ID),
    TypeError,
  );
  assertEquals(
    error.message,
    `Cannot create container "${ID}": its command, variables and mounts take ` +
      `${MAX_SPEC_SIZE + 1} bytes, at most ${MAX_SPEC_SIZE} are possible`,
  );
});

Deno.test("makeMetadata() fills in what is left out", () => {
  const before = Math.floor(Date.now() / 1000);
  const { createdAt, ...rest } = makeMetadata(LEAST, {
    ...{ image: IMAGE, name: undefined },
  }, ID);
  assert(createdAt >= before && createdAt <= Math.floor(Date.now() / 1000));
  assertEquals(rest, {
    ...{ pod: false, podName: "pod", podId: POD, imageName: "q.io/a:1" },
    ...{ imageId: IMAGE_ID, name: "web", metadataName: "web" },
    ...{ uid: "", namespace: "", attempt: 0, mountLabel: "" },
    canonicalImageName: "q.io/a:1",
  });
});

Deno.test("makeMetadata() keeps what is said", () => {
  const { createdAt: _, ...rest } = makeMetadata(
    {
      ...{ ...LEAST, podId: ID, imageName: "a", metadataName: "m" },
      ...{ uid: "u", namespace: "n", attempt: 3, mountLabel: "l" },
    },
    { image: IMAGE, name: nameOf(parseReference("q.io/a:2")) },
    ID,
  );
  assertEquals(rest, {
    ...{ pod: true, podName: "pod", podId: ID, imageName: "a" },
    ...{ imageId: IMAGE_ID, name: "web", metadataName: "m" },
    ...{ uid: "u", namespace: "n", attempt: 3, mountLabel: "l" },
    canonicalImageName: "q.io/a:2",
  });
  const { names: _names, ...unnamed } = IMAGE;
  const found = { image: unnamed, name: undefined };
  assertEquals(makeMetadata(LEAST, found, ID).canonicalImageName, "");
});
